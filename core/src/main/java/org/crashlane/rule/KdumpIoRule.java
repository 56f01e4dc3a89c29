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
import org.crashlane.iommu.InterruptWindow;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.machine.Device;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/**
 * The Kdump IO Rule, rules A and B, judged from the tables of a running IOMMU: would a capture
 * kernel that never looks at it get its I/O through, and could leftover DMA reach the crash range?
 *
 * <p>Rule C is about what the capture kernel does, which no table tells.
 */
public final class KdumpIoRule {
  private final Machine machine;
  private final TranslationTables tables;
  private final FindingList findings = new FindingList();

  private KdumpIoRule(Machine machine, TranslationTables tables) {
    this.machine = machine;
    this.tables = tables;
  }

  /**
   * {@return the verdict on {@code tables}, as they stand now}
   *
   * <p>An IOMMU that does not translate lets DMA pass as it is: the rule holds by itself.
   */
  public static Verdict judge(Machine machine, TranslationTables tables) {
    if (!tables.state().translating()) {
      return Verdict.of(List.of());
    }
    return new KdumpIoRule(machine, tables).judge();
  }

  private Verdict judge() {
    Map<RequesterId, Attachment> attachments = new LinkedHashMap<>();
    tables.attachments().forEach(a -> attachments.put(a.requester(), a));
    machine.devices().stream()
        .filter(Device::onDumpPath)
        .forEach(d -> judgeDevice(d, Optional.ofNullable(attachments.get(d.requester()))));
    Map<TableId, List<RequesterId>> users = new LinkedHashMap<>();
    Map<String, List<RequesterId>> unread = new LinkedHashMap<>();
    for (Attachment attachment : attachments.values()) {
      switch (attachment) {
        case Translated t ->
            users.computeIfAbsent(t.table(), _ -> new ArrayList<>()).add(t.requester());
        case Unsupported u ->
            unread.computeIfAbsent(u.reason(), _ -> new ArrayList<>()).add(u.requester());
        case Blocked _, PassThrough _ -> {
          // no tables
        }
      }
    }
    unread.forEach((reason, who) -> findings.cannotTell(named(who), List.of(reason)));
    new TableRules(machine, tables, findings).judge(users);
    return Verdict.of(findings.all());
  }

  /** An unreadable page of the device tables stands for hundreds of requesters. */
  private static String named(List<RequesterId> requesters) {
    int more = requesters.size() - 1;
    return requesters.getFirst() + (more > 0 ? " and " + more + " more" : "");
  }

  private void judgeDevice(Device device, Optional<Attachment> attachment) {
    if (attachment.isEmpty()) {
      noEntry(device, "no entry for " + device.requester() + " in the IOMMU's device tables");
      return;
    }
    switch (attachment.get()) {
      case Blocked blocked -> noEntry(device, blocked.reason());
      case Unsupported _ -> {
        // told with the others whose mappings are not read
      }
      case PassThrough _ -> {
        // untranslated: the crash range is reached as it is
      }
      case Translated translated -> judgeReach(device, translated.table());
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

  private void judgeReach(Device device, TableId table) {
    AddressRange reach = tables.reach(table);
    for (AddressRange crash : machine.crashRanges()) {
      if (!reach.contains(crash)) {
        findings.broken(
            FindingCode.B2,
            device.toString(),
            Optional.of(crash),
            List.of("the table translates " + reach + " only"),
            "reserve the crash range below " + Hex.of(reach.last() + 1));
      }
      if (crash.overlaps(InterruptWindow.RANGE)) {
        findings.broken(
            FindingCode.B3,
            device.toString(),
            Optional.of(crash),
            List.of("requests to " + InterruptWindow.RANGE + " are interrupts, whatever is mapped"),
            "reserve the crash range elsewhere");
      }
    }
  }
}
