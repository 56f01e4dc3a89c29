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
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

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
  private final AuditLimits limits;
  private final FindingList findings = new FindingList();

  private KdumpIoRule(Machine machine, TranslationTables tables, AuditLimits limits) {
    this.machine = machine;
    this.tables = tables;
    this.limits = limits;
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
    new DeviceRules(machine, findings).judge();
    return Verdict.of(findings.all());
  }

  /**
   * {@return the verdict as {@link #judge(Machine, TranslationTables)}, at the cost that {@code
   * limits} allow; what they cut off is unknown}
   */
  public static Verdict judge(Machine machine, TranslationTables tables, AuditLimits limits) {
    KdumpIoRule rule = new KdumpIoRule(machine, tables, limits);
    return tables.state().translating() ? rule.judge() : rule.judgeUntranslated();
  }

  private Verdict judgeUntranslated() {
    if (tables.interrupts().enabled() && machine.devices().stream().noneMatch(Device::onDumpPath)) {
      noDumpPath();
    }
    new DeviceRules(machine, findings).judge();
    new InterruptRules(machine, tables.interrupts(), findings).judge();
    new TableRules(machine, tables, findings, limits).judgePlaces();
    return Verdict.of(findings.all());
  }

  private void noDumpPath() {
    findings.cannotTell(
        FindingCode.M1,
        "the machine",
        List.of("none of its " + machine.devices().size() + " known devices is on the dump path"),
        "name the device that the dump goes through");
  }

  private Verdict judge() {
    Map<RequesterId, Attachment> attachments = new LinkedHashMap<>();
    int segment = segment();
    tables.attachments().forEach(a -> attachments.put(a.requester().inSegment(segment), a));
    machine.devices().forEach(d -> attachments.computeIfAbsent(d.requester(), tables::unlisted));
    List<Device> dumpPath = machine.devices().stream().filter(Device::onDumpPath).toList();
    if (dumpPath.isEmpty()) {
      noDumpPath();
    }
    new DeviceRules(machine, findings).judge();
    new InterruptRules(machine, tables.interrupts(), findings).judge();
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
    new TableRules(machine, tables, findings, limits).judge(users);
    return Verdict.of(findings.all());
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

  private void judgeDevice(Device device, Attachment attachment) {
    List<AddressRange> notPassing =
        machine.crashRanges().stream()
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
    for (AddressRange crash : machine.crashRanges()) {
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
