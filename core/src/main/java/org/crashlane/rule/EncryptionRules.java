// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.machine.Device;
import org.crashlane.machine.DmaMask;
import org.crashlane.machine.Machine;
import org.crashlane.machine.MemoryEncryption;
import org.crashlane.memory.AddressRange;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Reading.AddressFact;
import org.crashlane.rule.Reading.Addresses;
import org.crashlane.rule.Reading.EncryptionBit;
import org.crashlane.rule.Remedy.KernelOption;
import org.crashlane.rule.Remedy.Step;

/**
 * A7: with memory encrypted, a capture kernel gives devices that reach so far the physical address
 * with the encryption bit, and others plain addresses of a pool that is not encrypted (Linux 5.10,
 * 6.1, 7.0: include/linux/dma-direct.h phys_to_dma, arch/x86/mm/mem_encrypt.c
 * force_dma_unencrypted). The first need the page behind the address with the bit, in entries with
 * the bit; the second behind the plain address, in entries without. Which entries carry it, a walk
 * does not report, so that nothing here ends in a pass.
 */
final class EncryptionRules {
  private static final List<Remedy> REMEDIES =
      List.of(KernelOption.NO_MEMORY_ENCRYPTION, Step.MAP_TWICE, KernelOption.BOUNCED);

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
  void judge(Subject subject, TableId table, TableAudit audit, List<Device> devices) {
    if (machine.encryption() instanceof MemoryEncryption.Unknown) {
      unknown(subject, Fact.ENCRYPTION_NOT_KNOWN);
    }
    if (!(machine.encryption() instanceof MemoryEncryption.Host host)) {
      return;
    }
    List<Device> wide = devices.stream().filter(d -> isGivenTheBit(d, host)).toList();
    List<AddressRange> missing =
        audit.encrypted().stream()
            .filter(coverage -> !coverage.isWhole())
            .map(coverage -> coverage.window().range())
            .toList();
    if (wide.isEmpty() || missing.isEmpty()) {
      unknown(subject, Fact.ENCRYPTION_OF_ENTRIES_NOT_READ);
      return;
    }
    boolean isCertain = wide.stream().anyMatch(d -> isCertainlyGivenTheBit(d, host));
    List<Evidence> evidence = new ArrayList<>();
    evidence.add(new EncryptionBit(host.bit(), isCertain));
    missing.forEach(iovas -> evidence.add(new Addresses(AddressFact.NOT_ALL_MAPPED, iovas)));
    evidence.add(new Addresses(AddressFact.TRANSLATED, tables.reach(table)));
    findings.add(
        new Finding(
            FindingCode.A7,
            isCertain ? Severity.BROKEN : Severity.UNKNOWN,
            subject,
            List.of(missing.getFirst()),
            evidence,
            REMEDIES));
  }

  private void unknown(Subject subject, Fact why) {
    findings.add(
        new Finding(FindingCode.A7, Severity.UNKNOWN, subject, List.of(), List.of(why), REMEDIES));
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
