// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.Window;
import org.crashlane.iommu.vendors.Vendor;
import org.crashlane.iommu.vtd.SecondLevelEntry;
import org.crashlane.machine.Device;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.FirmwareRegion;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.crashlane.pci.RequesterId;

/**
 * A machine of 1 GiB with a VT-d unit of 39 bits, whose tables a test writes word by word, as a
 * kernel would: the rule reads nothing but these bytes.
 */
final class RuleMachine {
  static final RequesterId DISK = RequesterId.parse("00:04.0");
  static final RequesterId CARD = RequesterId.parse("00:05.0");
  static final AddressRange RAM = AddressRange.ofSize(0, 1L << 30);
  static final AddressRange CRASH = AddressRange.ofSize(0x20000000, 16 << 20);
  static final AddressRange ARENA = AddressRange.ofSize(0x10000000, 1 << 20);

  /** As QEMU's unit has it: 3 levels, leaves of 2 MiB and 1 GiB. */
  private static final long CAP = 0xd2008c22260206L;

  private static final long ROOT = 0x100000;
  private static final long CONTEXTS = 0x101000;
  private static final long PRESENT = 1;
  private static final long READ = 1;
  private static final long WRITE = 2;
  private static final long PASS_THROUGH = 2 << 2;
  private static final long THREE_LEVELS = 1;
  private static final long TES = 1L << 31;
  private static final long RTPS = 1L << 30;

  private final SparseMemory memory = SparseMemory.ofSize(RAM.sizeBytes());
  private final PageArena pages = PageArena.in(AddressRange.ofSize(0x200000, 1 << 20));
  private final PageArena arena = PageArena.in(ARENA);
  private final Map<Integer, Long> registers = new HashMap<>();
  private boolean translating = true;
  private long interruptStatus;
  private long interruptTable;

  RuleMachine() {
    memory.writeLong(ROOT, CONTEXTS | PRESENT);
  }

  RuleMachine notTranslating() {
    translating = false;
    return this;
  }

  /** Has a register hold {@code value}, or these bits besides what it always has. */
  RuleMachine register(int offset, long value) {
    registers.put(offset, value);
    return this;
  }

  /** Writes a word of memory, as a descriptor of a queue. */
  void word(long address, long value) {
    memory.writeLong(address, value);
  }

  /** Has the unit remap interrupts: bits of GSTS besides those of DMA, and IRTA. */
  RuleMachine remappingInterrupts(long status, long table) {
    interruptStatus = status;
    interruptTable = table;
    return this;
  }

  /** Gives {@code device} a table of its own. */
  TableId attach(RequesterId device) {
    TableId table = new TableId(newPage(), SecondLevelEntry.geometry(3));
    share(device, table);
    return table;
  }

  /** Has {@code device} go through {@code table}. */
  void share(RequesterId device, TableId table) {
    context(device, table.root() | PRESENT, THREE_LEVELS | 1L << 8);
  }

  void passThrough(RequesterId device) {
    context(device, PRESENT | PASS_THROUGH, THREE_LEVELS | 2L << 8);
  }

  void context(RequesterId device, long low, long high) {
    long at = CONTEXTS + device.devfn() * 16L;
    memory.writeLong(at, low);
    memory.writeLong(at + 8, high);
  }

  /** Maps one page of 4 KiB for reading and writing. */
  void map(TableId table, long iova, long physical) {
    entry(table, iova, physical | READ | WRITE);
  }

  void mapReadOnly(TableId table, long iova, long physical) {
    entry(table, iova, physical | READ);
  }

  /** Writes the lowest entry for {@code iova}, and tables above it where there are none. */
  void entry(TableId table, long iova, long value) {
    long at = table.root();
    for (int level = 3; level > 1; level--) {
      long slot = at + ((iova >>> (12 + 9 * (level - 1))) & 511) * 8;
      if (memory.readLong(slot) == 0) {
        memory.writeLong(slot, newPage() | READ | WRITE);
      }
      at = memory.readLong(slot) & -4096L;
    }
    memory.writeLong(at + ((iova >>> 12) & 511) * 8, value);
  }

  /** Identity-maps the crash range as the tool would. */
  void arm(TableId table) {
    arm(table, CRASH);
  }

  void arm(TableId table, AddressRange range) {
    tables().mapIdentity(memory, table, Window.ofCrashRange(range), arena);
  }

  private long newPage() {
    return pages.take().orElseThrow();
  }

  TranslationTables tables() {
    return Vendor.VTD.open(
        memory,
        new RegisterFile() {
          @Override
          public long read32(int offset) {
            long value = registers.getOrDefault(offset, 0L);
            return offset == 0x1c
                ? value | interruptStatus | (translating ? TES | RTPS : 0)
                : value;
          }

          @Override
          public long read64(int offset) {
            return switch (offset) {
              case 0x08 -> CAP | registers.getOrDefault(offset, 0L);
              case 0x10 -> 0xf00f4aL | registers.getOrDefault(offset, 0L);
              case 0x20 -> ROOT | registers.getOrDefault(offset, 0L);
              case 0xb8 -> interruptTable;
              default -> registers.getOrDefault(offset, 0L);
            };
          }
        },
        HostFacts.UNKNOWN);
  }

  /** Writes entry {@code index} of the top table itself. */
  void topEntry(TableId table, int index, long value) {
    memory.writeLong(table.root() + index * 8L, value);
  }

  /** Fills pages with entries that each point at another of them: a maze without end. */
  TableId pagesThatPointAtEachOther(int count) {
    long[] maze = LongStream.range(0, count).map(i -> newPage()).toArray();
    for (long page : maze) {
      for (int i = 0; i < 512; i++) {
        memory.writeLong(page + i * 8L, maze[(i * 7 + 3) % count] | READ | WRITE);
      }
    }
    return new TableId(maze[0], SecondLevelEntry.geometry(3));
  }

  Verdict judge(AuditLimits limits) {
    Device disk = new Device(DISK, "nvme", DumpRole.NAMED);
    Machine machine = new Machine(List.of(RAM), List.of(CRASH), List.of(disk));
    return KdumpIoRule.judge(machine, tables(), limits);
  }

  Verdict judge() {
    return judge(CRASH);
  }

  /** {@return {@code machine}, whose firmware has devices use {@code regions}} */
  static Machine with(Machine machine, FirmwareRegion... regions) {
    return new Machine(
        machine.memory(),
        machine.crashRanges(),
        machine.units(),
        machine.devices(),
        List.of(regions),
        machine.interrupts(),
        machine.captureNeeds(),
        machine.sources());
  }

  /** {@return the machine with the disk on the dump path, and the card not} */
  static Machine machine() {
    return new Machine(
        List.of(RAM),
        List.of(CRASH),
        List.of(
            new Device(DISK, "nvme", DumpRole.NAMED),
            new Device(CARD, "network card", DumpRole.NONE)));
  }

  /** {@return the verdict on these tables with what {@code machine} says besides} */
  Verdict judge(Machine machine) {
    return KdumpIoRule.judge(machine, tables());
  }

  /** {@return the verdict on a machine with these devices} */
  Verdict judge(Device... devices) {
    Machine machine = new Machine(List.of(RAM), List.of(CRASH), List.of(devices));
    return KdumpIoRule.judge(machine, tables());
  }

  /** {@return the verdict on a machine with this device and these crash ranges} */
  Verdict judgeWith(Device device, AddressRange... crashRanges) {
    return judge(new Machine(List.of(RAM), List.of(crashRanges), List.of(device)));
  }

  /** {@return the verdict with the disk on the dump path, and the card not} */
  Verdict judge(AddressRange... crashRanges) {
    List<Device> devices =
        List.of(
            new Device(DISK, "nvme", DumpRole.NAMED),
            new Device(CARD, "network card", DumpRole.NONE));
    return KdumpIoRule.judge(new Machine(List.of(RAM), List.of(crashRanges), devices), tables());
  }
}
