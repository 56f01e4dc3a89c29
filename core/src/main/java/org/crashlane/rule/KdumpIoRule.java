// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Attachment.Blocked;
import org.crashlane.iommu.Attachment.PassThrough;
import org.crashlane.iommu.Attachment.Translated;
import org.crashlane.iommu.Attachment.Unsupported;
import org.crashlane.iommu.DeviceTables;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.machine.Device;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.FirmwareRegion;
import org.crashlane.machine.Machine;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.FirmwareRules.Reach;
import org.crashlane.rule.Reading.Attached;
import org.crashlane.rule.Reading.Entry;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Subject.Requesters;

/**
 * The Kdump IO Rule, rules A and B, judged from the tables of a running IOMMU: would a capture
 * kernel that never looks at it get its I/O and its interrupts through, and could leftover DMA
 * reach the crash range?
 *
 * <p>Rule C is about what the capture kernel does, which no table tells; but for C3, what becomes
 * of its interrupts.
 */
public final class KdumpIoRule {
  private final DeviceRules deviceRules;

  /** With every id that a device's requests may carry: the dump's may carry any of them. */
  private final Machine machine;

  private final TranslationTables tables;
  private final FindingList findings;
  private final TableRules tableRules;
  private final Map<RequesterId, Attachment> attachments = new LinkedHashMap<>();

  private KdumpIoRule(JudgedUnit unit, AuditLimits limits, FindingList findings) {
    this.deviceRules = new DeviceRules(unit.behind(), findings);
    this.machine = unit.behind().byRequester();
    this.tables = unit.tables();
    this.findings = findings;
    this.tableRules = new TableRules(machine, tables, findings, limits);
  }

  /**
   * {@return the verdict on {@code tables}, as they stand now}
   *
   * <p>An IOMMU that does not translate lets DMA pass as it is: the rule holds by itself where the
   * devices reach the crash range, and where interrupts arrive, which it may remap all the same.
   */
  public static Verdict judge(Machine machine, TranslationTables tables) {
    return judge(machine, tables, AuditLimits.DEFAULT);
  }

  /** {@return the verdict on a machine without an IOMMU: what devices reach decides} */
  public static Verdict judge(Machine machine) {
    FindingList findings = new FindingList();
    new ProcessorRules(machine, findings).judge(false);
    DumpPathRules.of(machine, findings).judge();
    DeviceRules devices = new DeviceRules(machine, findings);
    devices.judgeNeeds();
    devices.judge();
    FirmwareRules firmware = new FirmwareRules(findings);
    FirmwareRules.inCrashRange(machine)
        .forEach(region -> firmware.judge(machine, region, Reach.REACHED));
    return Verdict.of(findings.all());
  }

  /**
   * {@return the verdict as {@link #judge(Machine, TranslationTables)}, at the cost that {@code
   * limits} allow; what they cut off is unknown}
   */
  public static Verdict judge(Machine machine, TranslationTables tables, AuditLimits limits) {
    return judge(List.of(new JudgedUnit(machine, tables)), limits);
  }

  /**
   * {@return the verdict on a machine with several IOMMUs: whether a device may write tables is
   * asked of all tables, not of its own unit's alone}
   *
   * @param units each with the devices that are behind it; all else that their machines say is
   *     alike
   */
  public static Verdict judge(List<JudgedUnit> units, AuditLimits limits) {
    FindingList findings = new FindingList();
    Machine machine = units.getFirst().behind();
    List<KdumpIoRule> rules =
        units.stream().map(unit -> new KdumpIoRule(unit, limits, findings)).toList();
    new ProcessorRules(machine, findings)
        .judge(rules.stream().anyMatch(rule -> rule.tables.interrupts().extendedDestinations()));
    new DeviceRules(machine, findings).judgeNeeds();
    DumpPathRules dumpPath = DumpPathRules.of(units, findings);
    dumpPath.judge();
    rules.forEach(KdumpIoRule::judgeUnit);
    long[] pages =
        rules.stream().flatMapToLong(rule -> rule.tableRules.pages()).sorted().distinct().toArray();
    rules.forEach(rule -> rule.tableRules.judgeWriters(pages));
    boolean translates = rules.stream().anyMatch(rule -> !rule.tables.state().isPassing());
    FirmwareRules firmware = new FirmwareRules(findings);
    for (FirmwareRegion region : FirmwareRules.inCrashRange(machine)) {
      firmware.judge(
          machine,
          region,
          rules.stream()
              .flatMap(rule -> rule.reach(region).stream())
              .reduce(Reach::or)
              .orElse(translates ? Reach.NOT_KNOWN : Reach.REACHED));
    }
    dumpPath.judgeGuess(rules.stream().flatMap(KdumpIoRule::unarmedOthers).toList());
    return Verdict.of(findings.all());
  }

  /**
   * {@return the devices off the dump path whose tables do not serve the whole crash range; and
   * those that a dump may go through all the same, and that are blocked}
   */
  private Stream<Device> unarmedOthers() {
    return machine.devices().stream()
        .filter(d -> !d.onDumpPath())
        .filter(d -> tableRules.isUnarmed(d.requester()) || isBlockedAndPossible(d));
  }

  private boolean isBlockedAndPossible(Device device) {
    return device.role() == DumpRole.POSSIBLE
        && attachments.get(device.requester()) instanceof Blocked;
  }

  private void judgeUnit() {
    switch (tables.state().translation()) {
      // What is blocked is found device by device.
      case TRANSLATES, BLOCKS -> judgeTranslated();
      case PASSES -> judgeUntranslated();
      case UNKNOWN -> {
        findings.cannotTell(
            FindingCode.W1, Part.IOMMU, List.of(Fact.TRANSLATION_NOT_KNOWN), Step.MAKE_READABLE);
        judgeTranslated();
      }
    }
  }

  private void judgeUntranslated() {
    deviceRules.judge();
    new InterruptRules(machine, tables.interrupts(), findings).judge();
    UnitRules unit = new UnitRules(machine, tables, findings);
    unit.judgeBuffers();
    unit.judgeProtectionUntranslated();
    tableRules.judgePlaces();
  }

  /** {@return what the devices behind this unit that use {@code region} get through to, if any} */
  private Optional<Reach> reach(FirmwareRegion region) {
    if (tables.state().isPassing()) {
      boolean isBehind =
          machine.devices().isEmpty()
              || machine.devices().stream().anyMatch(d -> region.isFor(d.requester()));
      return isBehind ? Optional.of(Reach.REACHED) : Optional.empty();
    }
    return attachments.entrySet().stream()
        .filter(entry -> region.isFor(entry.getKey()))
        .map(entry -> reach(entry.getKey(), entry.getValue(), region))
        .reduce(Reach::or);
  }

  private Reach reach(RequesterId requester, Attachment attachment, FirmwareRegion region) {
    boolean passes =
        tables.bypassRanges(requester).stream()
            .flatMap(range -> range.intersection(region.range()).stream())
            .anyMatch(range -> machine.crashRanges().stream().anyMatch(range::overlaps));
    if (passes) {
      return Reach.REACHED;
    }
    return switch (attachment) {
      case PassThrough _ -> Reach.REACHED;
      case Blocked _ -> Reach.KEPT_OUT;
      case Unsupported _ -> Reach.NOT_KNOWN;
      case Translated _ -> tableRules.reach(requester, region);
    };
  }

  private void judgeTranslated() {
    int segment = segment();
    DeviceTables devices = tables.devices();
    devices.attachments().forEach(a -> attachments.put(a.requester().inSegment(segment), a));
    machine
        .devices()
        .forEach(d -> attachments.computeIfAbsent(d.requester(), tables::defaultAttachment));
    deviceRules.judge();
    new InterruptRules(machine, tables.interrupts(), findings).judge();
    UnitRules unit = new UnitRules(machine, tables, findings);
    unit.judgeBuffers();
    unit.judgeProtection(attachments);
    new ReachRules(machine, tables, findings).judge(attachments);
    Map<DevicePath, List<RequesterId>> users =
        DeviceTables.spaces(attachments.values(), t -> DevicePath.of(t, tables));
    users.replaceAll((_, ids) -> ids.stream().map(id -> id.inSegment(segment)).toList());
    Map<Reason, List<Unsupported>> unread = new LinkedHashMap<>();
    attachments
        .values()
        .forEach(attachment -> {
          if (attachment instanceof Unsupported u) {
            unread.computeIfAbsent(u.reason(), _ -> new ArrayList<>()).add(u);
          }
        });
    devices
        .unreadBesides()
        .forEach(besides ->
            unread.computeIfAbsent(besides.reason(), _ -> new ArrayList<>()).add(besides));
    unread.values().forEach(those -> unread(segment, those));
    List<Evidence> unreadPages =
        devices.malformations().stream()
            .filter(Malformation::isUnread)
            .limit(Examples.KEPT_COUNT)
            .<Evidence>map(Entry::new)
            .toList();
    if (!unreadPages.isEmpty()) {
      findings.cannotTell(FindingCode.L3, Part.DEVICE_TABLES, unreadPages, Step.MAKE_READABLE);
    }
    tableRules.judge(users, devices);
  }

  /** The devices are those behind one IOMMU, and so on buses of one segment. */
  private int segment() {
    return machine.devices().stream().mapToInt(d -> d.requester().segment()).findFirst().orElse(0);
  }

  /** One unreadable page of the device tables may stand for hundreds of requesters. */
  private void unread(int segment, List<Unsupported> attachments) {
    List<RequesterId> requesters =
        attachments.stream().map(a -> a.requester().inSegment(segment)).toList();
    boolean onDumpPath =
        machine.dumpPath().stream().anyMatch(d -> requesters.contains(d.requester()));
    findings.cannotTell(
        onDumpPath ? FindingCode.W1 : FindingCode.L1,
        new Requesters(requesters),
        List.of(new Attached(attachments.getFirst())),
        Step.MAKE_READABLE);
  }
}
