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
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.UnitBuffer;
import org.crashlane.machine.Device;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Reading.Buffer;
import org.crashlane.rule.Reading.Reserved;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Subject.OfDevice;
import org.crashlane.rule.Subject.Part;

/**
 * What the rule asks of the unit itself, whatever its tables say: L3 for what it reads and writes
 * on its own account, B3 for memory that it keeps from DMA.
 */
final class UnitRules {
  private static final int BUFFERS_NAMED = 32;

  private final Machine machine;
  private final TranslationTables tables;
  private final FindingList findings;

  UnitRules(Machine machine, TranslationTables tables, FindingList findings) {
    this.machine = machine;
    this.tables = tables;
    this.findings = findings;
  }

  /**
   * A log is written when devices fault, which leftover DMA does after the crash; what the unit
   * reads as commands, the capture kernel would write without knowing. Interrupts that are posted
   * to a guest are written to memory as well, and devices of guests go on sending them.
   */
  void judgeBuffers() {
    List<UnitBuffer> buffers =
        Stream.concat(
                tables.buffers().stream(),
                tables.interrupts().posted().stream()
                    .map(posted -> new UnitBuffer(posted.what(), posted.range())))
            .toList();
    for (AddressRange crash : machine.crashRanges()) {
      List<Evidence> inside =
          buffers.stream()
              .filter(buffer -> buffer.range().overlaps(crash))
              .<Evidence>map(Buffer::new)
              .limit(BUFFERS_NAMED)
              .toList();
      if (!inside.isEmpty()) {
        findings.broken(
            FindingCode.L3, Part.UNIT_BUFFERS, List.of(crash), inside, Step.MOVE_CRASH_RANGE);
      }
    }
  }

  /** Judges devices of a unit that translates nothing. */
  void judgeProtectionUntranslated() {
    machine
        .dumpPath()
        .forEach(device -> protection(device, Fact.PASSES_UNTRANSLATED, Severity.BROKEN));
  }

  /**
   * Judges devices of a unit that translates.
   *
   * @param attachments where each goes
   */
  void judgeProtection(Map<RequesterId, Attachment> attachments) {
    for (Device device : machine.dumpPath()) {
      switch (attachments.get(device.requester())) {
        case PassThrough _ -> protection(device, Fact.PASSES_UNTRANSLATED, Severity.BROKEN);
        case Translated _ -> protection(device, Fact.PROTECTION_LEFT_OPEN, Severity.UNKNOWN);
        case Blocked _, Unsupported _ -> {
          // Nothing gets that far, or nothing is known of it: said already.
        }
      }
    }
  }

  private void protection(Device device, Fact how, Severity severity) {
    for (AddressRange crash : machine.crashRangesWithin(device)) {
      tables.protectedMemory().stream()
          .filter(range -> range.range().overlaps(crash))
          .forEach(range ->
              findings.add(
                  new Finding(
                      FindingCode.B3,
                      severity,
                      new OfDevice(device),
                      range.range().intersection(crash).stream().toList(),
                      List.of(new Reserved(range), how),
                      List.of(Step.LIFT_PROTECTION))));
    }
  }
}
