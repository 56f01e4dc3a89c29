// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.List;
import org.crashlane.memory.Absence;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.SparseMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * The memory that a probe's IOMMU sees: the table words in an arena, and everywhere else a mark
 * that tells its own address, so that data which was read says where it came from.
 */
public final class ProbeMemory implements PhysicalMemory {
  /** Where our own machines have their table words. */
  public static final AddressRange ARENA = new AddressRange(0x100000, 0x107fff);

  /**
   * Where a q35 machine has ROM instead of memory until firmware sets its PAM registers, which no
   * firmware does here: writes are lost, and reads bring what a ROM holds (QEMU 7.2
   * hw/pci-host/q35.c).
   */
  private static final AddressRange ROM = new AddressRange(0xc0000, 0xfffff);

  private static final long MARK = 0x7a60_0000_0000_0000L;
  private static final int MARK_BYTES_SHIFT = 48;

  private final AddressRange all;
  private final ProbeMachine machine;
  private final SparseMemory arena;
  private List<TableWord> loaded = List.of();

  /** The memory of {@code machine}. */
  public ProbeMemory(ProbeMachine machine) {
    this.machine = machine;
    this.all = AddressRange.ofSize(0, machine.ramBytes());
    this.arena = new SparseMemory("probe's tables", machine.arena());
  }

  /** {@return what the word at {@code address} holds outside the arena} */
  public static long markOf(long address) {
    return address ^ MARK;
  }

  /** {@return true if {@code data} is a mark, so that {@link #markOf} of it is an address} */
  public static boolean isMark(long data) {
    return data >>> MARK_BYTES_SHIFT == MARK >>> MARK_BYTES_SHIFT;
  }

  /** {@return true if what a device writes at {@code address} stays there} */
  boolean isRam(long address) {
    return all.contains(address) && !ROM.contains(address);
  }

  /** Replaces the table words by {@code words}. */
  public void load(List<TableWord> words) {
    loaded.forEach(word -> arena.writeLong(word.address(), 0));
    words.forEach(word -> arena.writeLong(word.address(), word.value()));
    loaded = words;
  }

  @Override
  public String source() {
    return "probe's memory";
  }

  @Override
  public List<AddressRange> ranges() {
    return List.of(all);
  }

  @Override
  public long readLong(long address) {
    if (machine.hasTablesAt(address)) {
      return arena.readLong(address);
    }
    if (!all.contains(address)) {
      throw new UnreadableMemoryException(source(), address, Absence.NO_MEMORY);
    }
    return markOf(address);
  }

  @Override
  public void readLongs(long address, long[] into, int count) {
    for (int i = 0; i < count; i++) {
      into[i] = readLong(address + (long) i * Long.BYTES);
    }
  }
}
