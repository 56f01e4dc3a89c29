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
          + " entries without the bit, and at addresses with the bit in entries with it; for a"
          + " device whose coherent mask does not reach the bit, a capture kernel with swiotlb=force"
          + " needs the first alone";

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
    List<Device> wide = devices.stream().filter(d -> isGivenTheBit(d, host)).toList();
    List<AddressRange> missing =
        audit.encrypted().stream()
            .filter(coverage -> !coverage.isWhole())
            .map(CrashRangeCoverage::crashRange)
            .toList();
    if (wide.isEmpty() || missing.isEmpty()) {
      unknown(subject, "whether the table's entries carry the encryption bit is not read");
      return;
    }
    boolean isCertain = wide.stream().anyMatch(d -> isCertainlyGivenTheBit(d, host));
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

  /** {@return true if the device may be given addresses with the bit, of buffers or of rings} */
  private static boolean isGivenTheBit(Device device, MemoryEncryption.Host host) {
    return given(device, host).anyMatch(mask -> mayReach(mask, host));
  }

  private static boolean isCertainlyGivenTheBit(Device device, MemoryEncryption.Host host) {
    return given(device, host)
        .anyMatch(mask -> mask instanceof DmaMask.Known && mayReach(mask, host));
  }

  /** {@return the masks that decide; rings are never bounced} */
  private static Stream<DmaMask> given(Device device, MemoryEncryption.Host host) {
    return switch (host.capture()) {
      case ENCRYPTED -> Stream.of(device.masks().streaming(), device.masks().coherent());
      case BOUNCED -> Stream.of(device.masks().coherent());
      case PLAIN -> Stream.of();
    };
  }

  private static boolean mayReach(DmaMask mask, MemoryEncryption.Host host) {
    return switch (mask) {
      case DmaMask.Known known -> host.isReachedBy(known.last());
      case DmaMask.Unknown _ -> true;
    };
  }
}
