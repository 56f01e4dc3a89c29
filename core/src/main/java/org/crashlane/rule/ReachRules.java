// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Attachment.Blocked;
import org.crashlane.iommu.Attachment.PassThrough;
import org.crashlane.iommu.Attachment.Translated;
import org.crashlane.iommu.Attachment.Unsupported;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.Window;
import org.crashlane.machine.Device;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Reading.AddressFact;
import org.crashlane.rule.Reading.Addresses;
import org.crashlane.rule.Reading.Attached;
import org.crashlane.rule.Reading.Reserved;
import org.crashlane.rule.Remedy.CrashRangeBelow;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Subject.OfDevice;

/**
 * What the rule asks of a device's own entry, before any table is walked: A3, A2, B2 and B3 on the
 * dump path, A6 where a doorbell is the matter; G1 and L1 for what passes untranslated.
 */
final class ReachRules {
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
    List<Window> notPassing =
        machine.windowsFor(device).stream()
            .filter(window ->
                !DevicePath.passes(window.range(), tables.bypassRanges(device.requester())))
            .toList();
    switch (attachment) {
      case Blocked blocked -> {
        if (!notPassing.isEmpty()) {
          noEntry(device, blocked);
        }
      }
      case Unsupported _ -> {
        // reported with the others whose mappings are not read
      }
      // Untranslated, a window is reached as it is, but where nothing can be mapped.
      case PassThrough passing -> {
        judgeRights(device, passing, notPassing);
        judgeUnmappable(device);
      }
      case Translated translated -> {
        judgeReach(device, translated.table(), notPassing);
        judgeUnmappable(device);
      }
    }
  }

  private void judgeRights(Device device, PassThrough passing, List<Window> windows) {
    for (Window window : windows) {
      if (!passing.permissions().contains(window.rights())) {
        findings.broken(
            code(window, FindingCode.A2),
            new OfDevice(device),
            List.of(window.range()),
            List.of(new Attached(passing)),
            Step.GIVE_BOTH_RIGHTS);
      }
    }
  }

  private static FindingCode code(Window window, FindingCode ofCrashRange) {
    return window.isCrashRange() ? ofCrashRange : FindingCode.A6;
  }

  /** What passes untranslated is within reach of whoever owns the device, and of leftover DMA. */
  private void judgePassing(Device device, Attachment attachment) {
    boolean isAll = attachment instanceof PassThrough;
    List<AddressRange> passing = tables.bypassRanges(device.requester());
    List<AddressRange> reached =
        machine.crashRanges().stream()
            .flatMap(crash ->
                isAll
                    ? Stream.of(crash)
                    : passing.stream().flatMap(range -> crash.intersection(range).stream()))
            .toList();
    if (reached.isEmpty()) {
      return;
    }
    List<Evidence> evidence =
        isAll
            ? List.of(new Attached(attachment))
            : passing.stream()
                .<Evidence>map(range -> new Addresses(AddressFact.PASSING, range))
                .toList();
    if (device.assignedToGuest()) {
      findings.broken(FindingCode.G1, new OfDevice(device), reached, evidence, Step.CONFINE_GUEST);
    } else if (!isAll && tables.isolates()) {
      findings.note(FindingCode.L1, new OfDevice(device), reached, evidence, Step.STOP_DEVICE);
    }
  }

  private void noEntry(Device device, Blocked blocked) {
    findings.broken(
        FindingCode.A3,
        new OfDevice(device),
        List.of(),
        List.of(new Attached(blocked)),
        Step.BIND_AND_ARM);
  }

  private void judgeReach(Device device, TableId table, List<Window> windows) {
    AddressRange reach = tables.reach(table);
    for (Window window : windows) {
      if (!reach.contains(window.range())) {
        findings.broken(
            code(window, FindingCode.B2),
            new OfDevice(device),
            List.of(window.range()),
            List.of(new Addresses(AddressFact.TRANSLATED, reach)),
            window.isCrashRange() ? new CrashRangeBelow(reach.last() + 1) : Step.MAP_DOORBELL);
      }
    }
  }

  private void judgeUnmappable(Device device) {
    for (Window window : machine.windowsFor(device)) {
      List<Evidence> inTheWay =
          tables.unmappable().stream()
              .filter(u -> u.range().overlaps(window.range()))
              .<Evidence>map(Reserved::new)
              .toList();
      if (!inTheWay.isEmpty()) {
        findings.broken(
            code(window, FindingCode.B3),
            new OfDevice(device),
            List.of(window.range()),
            inTheWay,
            window.isCrashRange() ? Step.MOVE_CRASH_RANGE : Step.MAP_DOORBELL);
      }
    }
  }
}
