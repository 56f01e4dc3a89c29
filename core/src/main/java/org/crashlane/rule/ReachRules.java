// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Attachment.Blocked;
import org.crashlane.iommu.Attachment.PassThrough;
import org.crashlane.iommu.Attachment.Translated;
import org.crashlane.iommu.Attachment.Unsupported;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.machine.Device;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/**
 * What the rule asks of a device's own entry, before any table is walked: A3, A2, B2 and B3 on the
 * dump path; G1 and L1 for what passes untranslated.
 */
final class ReachRules {
  private static final AddressRange ALL_ADDRESSES = new AddressRange(0, -1);

  private final Machine machine;
  private final TranslationTables tables;
  private final FindingList findings;

  ReachRules(Machine machine, TranslationTables tables, FindingList findings) {
    this.machine = machine;
    this.tables = tables;
    this.findings = findings;
  }

  /**
   * Judges all devices of the machine.
   *
   * @param attachments where each goes
   */
  void judge(Map<RequesterId, Attachment> attachments) {
    machine.dumpPath().forEach(d -> judgeDevice(d, attachments.get(d.requester())));
    machine.devices().forEach(d -> judgePassing(d, attachments.get(d.requester())));
  }

  private void judgeDevice(Device device, Attachment attachment) {
    List<AddressRange> notPassing =
        machine.crashRangesWithin(device).stream()
            .filter(crash -> !Way.passes(crash, tables.untouched(device.requester())))
            .toList();
    switch (attachment) {
      case Blocked blocked -> {
        if (!notPassing.isEmpty()) {
          noEntry(device, blocked.reason());
        }
      }
      case Unsupported _ -> {
        // reported with the others whose mappings are not read
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
    for (AddressRange crash : machine.crashRangesWithin(device)) {
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
