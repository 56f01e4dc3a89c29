// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Attachment.Blocked;
import org.crashlane.iommu.Attachment.PassThrough;
import org.crashlane.iommu.Attachment.Translated;
import org.crashlane.iommu.Attachment.Unsupported;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.machine.Device;
import org.crashlane.machine.DmaMask;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.FirmwareRegion;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.FirmwareRules.Reach;

/**
 * The Kdump IO Rule, rules A and B, judged from the tables of a running IOMMU: would a capture
 * kernel that never looks at it get its I/O and its interrupts through, and could leftover DMA
 * reach the crash range?
 *
 * <p>Rule C is about what the capture kernel does, which no table tells; but for C3, what becomes
 * of its interrupts.
 */
public final class KdumpIoRule {
  static final String MAKE_READABLE =
      "make the tables readable, or arm the device from inside the primary kernel";

  private static final AddressRange ALL_ADDRESSES = new AddressRange(0, -1);

  private final Machine machine;
  private final TranslationTables tables;
  private final FindingList findings;
  private final TableRules tableRules;
  private final Map<RequesterId, Attachment> attachments = new LinkedHashMap<>();

  private KdumpIoRule(JudgedUnit unit, AuditLimits limits, FindingList findings) {
    this.machine = unit.behind();
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
    judgeDumpPath(units, findings);
    rules.forEach(KdumpIoRule::judgeUnit);
    long[] pages =
        rules.stream().flatMapToLong(rule -> rule.tableRules.pages()).sorted().distinct().toArray();
    rules.forEach(rule -> rule.tableRules.judgeWriters(pages));
    FirmwareRules firmware = new FirmwareRules(findings);
    for (FirmwareRegion region : FirmwareRules.inCrashRange(machine)) {
      firmware.judge(
          machine,
          region,
          rules.stream()
              .flatMap(rule -> rule.reach(region).stream())
              .reduce(Reach::or)
              .orElse(Reach.NOT_KNOWN));
    }
    judgeGuess(rules, findings);
    return Verdict.of(findings.all());
  }

  /**
   * Where DMA passes untranslated all round, and interrupts too, the device makes no difference.
   */
  private static void judgeDumpPath(List<JudgedUnit> units, FindingList findings) {
    boolean matters =
        units.stream()
            .map(JudgedUnit::tables)
            .anyMatch(tables -> tables.state().translating() || tables.interrupts().enabled());
    List<Device> devices = units.stream().flatMap(u -> u.behind().devices().stream()).toList();
    if (matters && devices.stream().noneMatch(Device::onDumpPath)) {
      findings.cannotTell(
          FindingCode.M1,
          "the machine",
          List.of("none of its " + devices.size() + " known devices is on the dump path"),
          "name the device that the dump goes through");
    }
  }

  /** A guess decides where another device, which may be the right one, fares worse. */
  private static void judgeGuess(List<KdumpIoRule> rules, FindingList findings) {
    List<Device> devices = rules.stream().flatMap(rule -> rule.machine.devices().stream()).toList();
    List<Device> guessed = devices.stream().filter(d -> d.role() == DumpRole.GUESSED).toList();
    if (guessed.isEmpty()) {
      return;
    }
    List<Device> unarmed =
        rules.stream()
            .flatMap(rule ->
                rule.machine.devices().stream()
                    .filter(d -> !d.onDumpPath() && rule.tableRules.isUnarmed(d.requester())))
            .toList();
    Pieces<String> lines = new Pieces<>();
    unarmed.forEach(d -> lines.add("not armed: " + d, 0));
    List<String> evidence = new ArrayList<>();
    evidence.add("taken for the devices that the dump goes through, by their class: " + guessed);
    evidence.addAll(lines.lines());
    findings.add(
        new Finding(
            FindingCode.M1,
            unarmed.isEmpty() ? Severity.NOTE : Severity.UNKNOWN,
            "the machine",
            Optional.empty(),
            evidence,
            "name the device that the dump goes through"));
  }

  private void judgeUnit() {
    if (tables.state().translating()) {
      judgeTranslated();
    } else {
      judgeUntranslated();
    }
  }

  private void judgeUntranslated() {
    new DeviceRules(machine, findings).judge();
    new InterruptRules(machine, tables.interrupts(), findings).judge();
    UnitRules unit = new UnitRules(machine, tables, findings);
    unit.judgeBuffers();
    unit.judgeProtectionUntranslated();
    tableRules.judgePlaces();
  }

  /** {@return what the devices behind this unit that use {@code region} get through to, if any} */
  private Optional<Reach> reach(FirmwareRegion region) {
    if (!tables.state().translating()) {
      boolean isBehind =
          machine.devices().isEmpty()
              || machine.devices().stream().anyMatch(d -> region.isFor(d.requester()));
      return isBehind ? Optional.of(Reach.REACHED) : Optional.empty();
    }
    return attachments.entrySet().stream()
        .filter(entry -> region.isFor(entry.getKey()))
        .map(entry -> reach(entry.getKey(), entry.getValue()))
        .reduce(Reach::or);
  }

  private Reach reach(RequesterId requester, Attachment attachment) {
    boolean passes =
        tables.untouched(requester).stream()
            .anyMatch(range -> machine.crashRanges().stream().anyMatch(range::overlaps));
    if (passes) {
      return Reach.REACHED;
    }
    return switch (attachment) {
      case PassThrough _ -> Reach.REACHED;
      case Blocked _ -> Reach.KEPT_OUT;
      case Unsupported _ -> Reach.NOT_KNOWN;
      case Translated _ -> tableRules.reachesCrashRange(requester) ? Reach.REACHED : Reach.KEPT_OUT;
    };
  }

  private void judgeTranslated() {
    int segment = segment();
    tables.attachments().forEach(a -> attachments.put(a.requester().inSegment(segment), a));
    machine.devices().forEach(d -> attachments.computeIfAbsent(d.requester(), tables::unlisted));
    List<Device> dumpPath = machine.devices().stream().filter(Device::onDumpPath).toList();
    new DeviceRules(machine, findings).judge();
    new InterruptRules(machine, tables.interrupts(), findings).judge();
    UnitRules unit = new UnitRules(machine, tables, findings);
    unit.judgeBuffers();
    unit.judgeProtection(attachments);
    dumpPath.forEach(d -> judgeDevice(d, attachments.get(d.requester())));
    machine.devices().forEach(d -> judgePassing(d, attachments.get(d.requester())));
    Map<Way, List<RequesterId>> users = new LinkedHashMap<>();
    Map<String, List<RequesterId>> unread = new LinkedHashMap<>();
    attachments.forEach((requester, attachment) -> {
      switch (attachment) {
        case Translated t ->
            users.computeIfAbsent(Way.of(t, tables), _ -> new ArrayList<>()).add(requester);
        case Unsupported u ->
            unread.computeIfAbsent(u.reason(), _ -> new ArrayList<>()).add(requester);
        case PassThrough _, Blocked _ -> {
          // no tables
        }
      }
    });
    tables
        .unreadBesides()
        .forEach(besides ->
            unread
                .computeIfAbsent(besides.reason(), _ -> new ArrayList<>())
                .add(besides.requester().inSegment(segment)));
    unread.forEach(this::unread);
    List<String> unreadPages =
        tables.malformations().stream()
            .filter(Malformation::isUnread)
            .limit(Pieces.KEPT_COUNT)
            .map(Object::toString)
            .toList();
    if (!unreadPages.isEmpty()) {
      findings.cannotTell(FindingCode.L3, "the IOMMU's device tables", unreadPages, MAKE_READABLE);
    }
    tableRules.judge(users);
  }

  /** The devices are those behind one IOMMU, and so on buses of one segment. */
  private int segment() {
    return machine.devices().stream().mapToInt(d -> d.requester().segment()).findFirst().orElse(0);
  }

  /** One unreadable page of the device tables may stand for hundreds of requesters. */
  private void unread(String reason, List<RequesterId> requesters) {
    boolean onDumpPath =
        machine.devices().stream()
            .anyMatch(d -> d.onDumpPath() && requesters.contains(d.requester()));
    int more = requesters.size() - 1;
    findings.cannotTell(
        onDumpPath ? FindingCode.W1 : FindingCode.L1,
        requesters.getFirst() + (more > 0 ? " and " + more + " more" : ""),
        List.of(reason),
        MAKE_READABLE);
  }

  /** Crash ranges that the device cannot be sent to are none of its affair: the kernel bounces. */
  private List<AddressRange> within(Device device) {
    return device.masks().streaming() instanceof DmaMask.Known mask
        ? machine.crashRanges().stream().filter(mask.reach()::overlaps).toList()
        : machine.crashRanges();
  }

  private void judgeDevice(Device device, Attachment attachment) {
    List<AddressRange> notPassing =
        within(device).stream()
            .filter(crash -> !Way.passes(crash, tables.untouched(device.requester())))
            .toList();
    switch (attachment) {
      case Blocked blocked -> {
        if (!notPassing.isEmpty()) {
          noEntry(device, blocked.reason());
        }
      }
      case Unsupported _ -> {
        // told with the others whose mappings are not read
      }
      // Untranslated, the crash range is reached as it is, but where nothing can be mapped.
      case PassThrough passing -> {
        judgeRights(device, passing.permissions(), notPassing);
        judgeUnmappable(device);
      }
      case Translated translated -> {
        judgeReach(device, translated.table(), notPassing);
        judgeUnmappable(device);
      }
    }
  }

  private void judgeRights(Device device, Permissions permissions, List<AddressRange> crashRanges) {
    if (permissions != Permissions.READ_WRITE) {
      for (AddressRange crash : crashRanges) {
        findings.broken(
            FindingCode.A2,
            device.toString(),
            Optional.of(crash),
            List.of("its requests pass untranslated, but " + permissions + " only"),
            "let the primary give the device both rights in its entry");
      }
    }
  }

  /** What passes untranslated is within reach of whoever owns the device, and of leftover DMA. */
  private void judgePassing(Device device, Attachment attachment) {
    boolean isAll = attachment instanceof PassThrough;
    List<AddressRange> passing =
        isAll ? List.of(ALL_ADDRESSES) : tables.untouched(device.requester());
    Optional<AddressRange> reached =
        passing.stream()
            .flatMap(range ->
                machine.crashRanges().stream().flatMap(c -> c.intersection(range).stream()))
            .findFirst();
    if (reached.isEmpty()) {
      return;
    }
    if (device.assignedToGuest()) {
      findings.broken(
          FindingCode.G1,
          device.toString(),
          reached,
          List.of(
              isAll
                  ? "its requests pass untranslated: all memory is within its reach"
                  : "its requests pass untranslated at " + passing),
          "give it a table of the guest's memory, and nothing besides");
    } else if (!isAll && tables.confines()) {
      findings.note(
          FindingCode.L1,
          device.toString(),
          reached,
          List.of("its requests pass untranslated and unchecked at " + passing),
          "no table keeps its leftover DMA out there: stop the device before the capture kernel"
              + " runs");
    }
  }

  private void noEntry(Device device, String evidence) {
    findings.broken(
        FindingCode.A3,
        device.toString(),
        Optional.empty(),
        List.of(evidence),
        "bind a driver to the device in the primary kernel, so that it has a domain, then arm it");
  }

  private void judgeReach(Device device, TableId table, List<AddressRange> crashRanges) {
    AddressRange reach = tables.reach(table);
    for (AddressRange crash : crashRanges) {
      if (!reach.contains(crash)) {
        findings.broken(
            FindingCode.B2,
            device.toString(),
            Optional.of(crash),
            List.of("the table translates " + reach + " only"),
            "reserve the crash range below " + Hex.of(reach.last() + 1));
      }
    }
  }

  private void judgeUnmappable(Device device) {
    for (AddressRange crash : within(device)) {
      List<String> inTheWay =
          tables.unmappable().stream()
              .filter(u -> u.range().overlaps(crash))
              .map(Object::toString)
              .toList();
      if (!inTheWay.isEmpty()) {
        findings.broken(
            FindingCode.B3,
            device.toString(),
            Optional.of(crash),
            inTheWay,
            "reserve the crash range elsewhere");
      }
    }
  }
}
