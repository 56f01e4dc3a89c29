// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import java.util.Optional;
import java.util.OptionalLong;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.amdvi.DeviceTableBase;
import org.crashlane.iommu.amdvi.DeviceTableEntry;
import org.crashlane.iommu.amdvi.Registers.DevTabBase;
import org.crashlane.memory.UnreadableMemoryException;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.paging.DomainIds;
import org.crashlane.pci.RequesterId;

/** A kernel's device table, which all units share, and the domain ids that it gave. */
final class DeviceTable {
  private static final long LAST_BELOW_4_GIB = BitField.lowMask(Integer.SIZE);
  private static final int WORDS = DeviceTableEntry.BYTES / Long.BYTES;

  private final long address;
  private final long sizeBytes;
  private final DomainIds domainIds;

  private DeviceTable(long address, long sizeBytes, DomainIds domainIds) {
    this.address = address;
    this.sizeBytes = sizeBytes;
    this.domainIds = domainIds;
  }

  /** {@return how large Linux makes a table for device ids up to {@code last}, in bytes} */
  static long sizeFor(RequesterId last) {
    long needed = (last.value() + 1L) * DeviceTableEntry.BYTES;
    return Math.max(PageFrames.PAGE_BYTES, Long.highestOneBit(2 * needed - 1));
  }

  /**
   * {@return a table that blocks all devices up to {@code last}, and lets those behind pass, as
   * Linux begins; nothing if there is no room below 4 GiB}
   */
  static Optional<DeviceTable> blocking(
      Cpu cpu, PageFrames frames, long sizeBytes, RequesterId last) {
    OptionalLong at = frames.take(sizeBytes, sizeBytes, LAST_BELOW_4_GIB);
    if (at.isEmpty()) {
      return Optional.empty();
    }
    long[] words = new long[(int) (sizeBytes / Long.BYTES)];
    for (int id = 0; id <= last.value(); id++) {
      words[id * WORDS] = DeviceTableEntry.blocked();
    }
    cpu.memory().writeLongs(at.getAsLong(), words, words.length);
    return Optional.of(new DeviceTable(at.getAsLong(), sizeBytes, new DomainIds()));
  }

  /**
   * {@return the table that another kernel left, with its domain ids kept; nothing where Linux does
   * not trust it: it is not as large as this kernel's would be, lies above 4 GiB, or cannot be
   * read}
   *
   * @param register the base address register
   */
  static Optional<DeviceTable> left(Cpu cpu, long register, long sizeBytes, RequesterId last) {
    long at = DevTabBase.BASE.inPlace(register);
    long leftBytes = DeviceTableBase.sizeBytes(register);
    if (leftBytes != sizeBytes || at > LAST_BELOW_4_GIB) {
      return Optional.empty();
    }
    try {
      DomainIds ids = new DomainIds();
      for (int id = 0; id <= last.value(); id++) {
        long entry = at + (long) id * DeviceTableEntry.BYTES;
        int domain = DeviceTableEntry.domainId(cpu.memory().readLong(entry + Long.BYTES));
        if (DeviceTableEntry.isValid(cpu.memory().readLong(entry)) && domain != 0) {
          ids.keep(domain);
        }
      }
      return Optional.of(new DeviceTable(at, sizeBytes, ids));
    } catch (UnreadableMemoryException e) {
      return Optional.empty();
    }
  }

  /** {@return a copy of it; nothing if there is no room below 4 GiB} */
  Optional<DeviceTable> copy(Cpu cpu, PageFrames frames) {
    OptionalLong at = frames.take(sizeBytes, sizeBytes, LAST_BELOW_4_GIB);
    if (at.isEmpty()) {
      return Optional.empty();
    }
    long[] words = new long[(int) (sizeBytes / Long.BYTES)];
    cpu.memory().readLongs(address, words, words.length);
    cpu.memory().writeLongs(at.getAsLong(), words, words.length);
    return Optional.of(new DeviceTable(at.getAsLong(), sizeBytes, domainIds.fork()));
  }

  /** {@return what the base address register is to hold} */
  long register() {
    return DeviceTableBase.register(address, sizeBytes);
  }

  DomainIds domainIds() {
    return domainIds;
  }

  /** {@return the domain id that the device's entry had before its first words were set} */
  int set(WritableMemory memory, RequesterId device, long word0, long word1) {
    long at = address + (long) device.value() * DeviceTableEntry.BYTES;
    int before = DeviceTableEntry.domainId(memory.readLong(at + Long.BYTES));
    memory.writeLong(at + Long.BYTES, word1);
    memory.writeLong(at, word0);
    return before;
  }

  DeviceTable fork() {
    return new DeviceTable(address, sizeBytes, domainIds.fork());
  }

  void addTo(Fingerprint into) {
    into.add(address);
    domainIds.addTo(into);
  }
}
