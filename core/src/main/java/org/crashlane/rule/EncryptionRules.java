// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.machine.Device;
import org.crashlane.machine.DmaMask;
import org.crashlane.machine.Machine;
import org.crashlane.machine.MemoryEncryption;
import org.crashlane.memory.AddressRange;

/**
 * A7: with memory encrypted, a capture kernel gives devices that reach so far the physical address
 * with the encryption bit, and others plain addresses of a pool that is not encrypted (Linux 5.10,
 * 6.1, 7.0: include/linux/dma-direct.h phys_to_dma, arch/x86/mm/mem_encrypt.c
 * force_dma_unencrypted). The first need the page behind the address with the bit, in entries with
 * the bit; the second behind the plain address, in entries without. Which entries carry it, a walk
 * does not report, so that nothing here ends in a pass.
 */
final class EncryptionRules {
  private static final String REMEDY =
      "boot the primary with mem_encrypt=off; or map the crash range twice, at its own addresses in"
          + " entries without the bit, and at addresses with the bit in entries with it; a capture"
          + " kernel with swiotlb=force needs the first alone";

  private final Machine machine;
  private final TranslationTables tables;
  private final FindingList findings;

  EncryptionRules(Machine machine, TranslationTables tables, FindingList findings) {
    this.machine = machine;
    this.tables = tables;
    this.findings = findings;
  }

  /**
   * Judges a table.
   *
   * @param devices those on the dump path that it serves
   */
  void judge(String subject, TableId table, TableAudit audit, List<Device> devices) {
    if (machine.encryption() instanceof MemoryEncryption.Unknown) {
      unknown(subject, "whether memory is encrypted (SME) is not known");
    }
    if (!(machine.encryption() instanceof MemoryEncryption.Host host)) {
      return;
    }
    List<DmaMask> wide =
        devices.stream()
            .flatMap(d -> Stream.of(d.masks().streaming(), d.masks().coherent()))
            .filter(mask -> reaches(mask, host.bit()))
            .toList();
    List<AddressRange> missing =
        audit.encrypted().stream()
            .filter(coverage -> !coverage.isWhole())
            .map(CrashRangeCoverage::crashRange)
            .toList();
    if (wide.isEmpty() || missing.isEmpty()) {
      unknown(subject, "whether the table's entries carry the encryption bit is not read");
      return;
    }
    boolean isCertain = wide.stream().anyMatch(DmaMask.Known.class::isInstance);
    List<String> evidence = new ArrayList<>();
    evidence.add(
        "memory is encrypted by address bit %d: %s"
            .formatted(
                host.bit(),
                isCertain
                    ? "the device is given addresses with it"
                    : "the device may be given addresses with it, its DMA mask is not known"));
    missing.forEach(iovas -> evidence.add("not mapped to the crash range as a whole: " + iovas));
    evidence.add("the table translates " + tables.reach(table));
    findings.add(
        new Finding(
            FindingCode.A7,
            isCertain ? Severity.BROKEN : Severity.UNKNOWN,
            subject,
            Optional.of(missing.getFirst()),
            evidence,
            REMEDY));
  }

  private void unknown(String subject, String why) {
    findings.cannotTell(FindingCode.A7, subject, List.of(why), REMEDY);
  }

  /**
   * {@return true if a device of this mask may be given addresses with {@code bit}} Buffers go by
   * the streaming mask, rings by the coherent one.
   */
  private static boolean reaches(DmaMask mask, int bit) {
    return switch (mask) {
      case DmaMask.Known known -> known.last() >>> bit != 0;
      case DmaMask.Unknown _ -> true;
    };
  }
}
