// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import java.util.List;
import org.crashlane.interrupt.Interrupts;
import org.crashlane.interrupt.Processors;
import org.crashlane.iommu.vendors.Vendor;
import org.crashlane.machine.Device;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.crashlane.pci.RequesterId;

/**
 * A machine of 64 MiB with an AMD-Vi unit in front of a disk and an IOAPIC, DMA untranslated. A
 * test writes device table entries and interrupt tables as a kernel would.
 */
public final class InterruptMachine {
  public static final RequesterId DISK = RequesterId.parse("00:04.0");
  public static final RequesterId IO_APIC = RequesterId.parse("00:14.0");
  public static final AddressRange CRASH = AddressRange.ofSize(0x200_0000, 16 << 20);

  /** A table outside the crash range, and one inside. */
  public static final long TABLE = 0x40_0000;

  public static final long OTHER_TABLE = 0x50_0000;
  public static final long TABLE_IN_CRASH_RANGE = 0x210_0000;

  private static final long MEMORY_BYTES = 64 << 20;
  private static final long DEVICE_TABLE = 0x10_0000;
  private static final long PASS_THROUGH = 0x6000_0000_0000_0003L;
  private static final long REMAP_512 = 0x2000_0000_0000_0013L;
  private static final int ENTRY_COUNT = 128;

  private final SparseMemory memory = SparseMemory.ofSize(MEMORY_BYTES);

  /** Makes the machine: no device's interrupts are remapped yet. */
  public InterruptMachine() {
    for (int id = 0; id < ENTRY_COUNT; id++) {
      memory.writeLong(DEVICE_TABLE + id * 32L, PASS_THROUGH);
    }
    memory.writeLong(DEVICE_TABLE + IO_APIC.value() * 32L, PASS_THROUGH);
  }

  /** {@return its memory} */
  public SparseMemory memory() {
    return memory;
  }

  /** Has interrupts of {@code source} go through the 512 entries of 16 bytes at {@code table}. */
  public void remap(RequesterId source, long table) {
    control(source, REMAP_512 | table);
  }

  /** Writes what becomes of the interrupts of {@code source}. */
  public void control(RequesterId source, long word) {
    memory.writeLong(DEVICE_TABLE + source.value() * 32L + 16, word);
  }

  /** Has entry {@code index} send {@code vector} to processor {@code destination}. */
  public void entry(long table, int index, int destination, int vector) {
    memory.writeLong(table + index * 16L, 1L | (long) destination << 8);
    memory.writeLong(table + index * 16L + 8, vector);
  }

  /** {@return the unit's tables} */
  public TranslationTables tables() {
    return Vendor.AMDVI.open(
        memory,
        new RegisterFile() {
          @Override
          public long read32(int offset) {
            return read64(offset) & 0xffff_ffffL;
          }

          @Override
          public long read64(int offset) {
            return switch (offset) {
              case 0x00 -> DEVICE_TABLE | 1;
              case 0x18 -> 0x2_0001L;
              default -> 0;
            };
          }
        },
        HostFacts.UNKNOWN);
  }

  /** {@return what the rule knows of it, with the IOAPIC if {@code ioApicKnown}} */
  public Machine machine(boolean ioApicKnown) {
    Device disk = new Device(DISK, "nvme", DumpRole.NAMED);
    return new Machine(memory.ranges(), List.of(CRASH), List.of(disk))
        .withInterrupts(
            new Interrupts(Processors.UNKNOWN, ioApicKnown ? List.of(IO_APIC) : List.of()));
  }
}
