// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import java.util.Optional;
import java.util.OptionalLong;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.amdvi.Command;
import org.crashlane.iommu.amdvi.Command.Pages;
import org.crashlane.iommu.amdvi.EventRecord;
import org.crashlane.iommu.amdvi.Registers;
import org.crashlane.iommu.amdvi.Registers.Control;
import org.crashlane.iommu.amdvi.Registers.ExclusionBase;
import org.crashlane.iommu.amdvi.Registers.ExtFeatures;
import org.crashlane.iommu.amdvi.Registers.Pointer;
import org.crashlane.iommu.amdvi.Registers.Ring;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.pci.RequesterId;

/**
 * How a kernel commands one unit (Linux 6.0 drivers/iommu/amd/init.c and iommu.c). Its state is in
 * registers and memory.
 *
 * @param base physical address of its registers
 * @param buffers where its rings are
 * @param encryptionMask the address bit by which registers say that rings are encrypted, or 0
 */
record UnitDriver(long base, Buffers buffers, long encryptionMask) {

  /** Both rings have 512 entries, as Linux has them. */
  static final int RING_ORDER = 9;

  /** Size of a ring in bytes. */
  static final int RING_BYTES = Command.BYTES << RING_ORDER;

  /**
   * What a unit and its driver share in memory.
   *
   * @param commands the command buffer
   * @param events the event log
   * @param completion where the unit stores what a completion wait tells it to
   */
  record Buffers(long commands, long events, long completion) {}

  static boolean isTranslating(Cpu cpu, long base) {
    return Control.IOMMU_EN.isSet(cpu.mmio().read(base, Registers.CONTROL));
  }

  /** {@return true if SEV-SNP is on, which firmware shows in EFR} */
  static boolean worksForSnp(Cpu cpu, long base) {
    return ExtFeatures.SNP_SUP.isSet(cpu.mmio().read(base, Registers.EXT_FEATURES));
  }

  /** {@return a driver of the rings that the registers name, and of {@code completion}} */
  static UnitDriver ofBuffersInUse(Cpu cpu, long base, long completion, long encryptionMask) {
    Buffers buffers =
        new Buffers(
            Ring.BASE.inPlace(cpu.mmio().read(base, Registers.CMD_BUF_BASE)) & ~encryptionMask,
            Ring.BASE.inPlace(cpu.mmio().read(base, Registers.EVT_LOG_BASE)) & ~encryptionMask,
            completion);
    return new UnitDriver(base, buffers, encryptionMask);
  }

  /** {@return the page for completion stores that the registers name, where SEV-SNP is on} */
  static long completionInUse(Cpu cpu, long base) {
    return ExclusionBase.BASE.inPlace(cpu.mmio().read(base, Registers.EXCLUSION_BASE));
  }

  static long deviceTableInUse(Cpu cpu, long base) {
    return cpu.mmio().read(base, Registers.DEV_TAB_BASE);
  }

  void useDeviceTable(Cpu cpu, long register) {
    cpu.mmio().write(base, Registers.DEV_TAB_BASE, register);
  }

  /** Has the unit use this driver's rings from now on, which are empty. */
  void useBuffers(Cpu cpu) {
    useRing(cpu, Registers.CMD_BUF_BASE, buffers.commands());
    useRing(cpu, Registers.EVT_LOG_BASE, buffers.events());
  }

  private void useRing(Cpu cpu, Register register, long ring) {
    long address = Ring.BASE.inPlace(ring | encryptionMask);
    cpu.mmio().write(base, register, address | Ring.LENGTH.of(RING_ORDER));
  }

  /** Names the page of completion stores to a unit that works for SEV-SNP. */
  void useCompletionRange(Cpu cpu) {
    cpu.mmio().write(base, Registers.EXCLUSION_BASE, buffers.completion());
    cpu.mmio().write(base, Registers.EXCLUSION_LIMIT, buffers.completion());
  }

  /** Switches the rings off and on again, both from their beginning. */
  void restartRings(Cpu cpu) {
    control(cpu, control(cpu) & ~rings());
    cpu.mmio().write(base, Registers.CMD_HEAD, 0);
    cpu.mmio().write(base, Registers.CMD_TAIL, 0);
    cpu.mmio().write(base, Registers.EVT_HEAD, 0);
    cpu.mmio().write(base, Registers.EVT_TAIL, 0);
    control(cpu, control(cpu) | rings());
  }

  void enable(Cpu cpu) {
    control(cpu, control(cpu) | Control.IOMMU_EN.mask());
  }

  /** Switches the unit off: requests pass untranslated from now on. */
  static void disable(Cpu cpu, long base) {
    long control = cpu.mmio().read(base, Registers.CONTROL);
    cpu.mmio().write(base, Registers.CONTROL, control & ~rings() & ~Control.IOMMU_EN.mask());
  }

  private static long rings() {
    return Control.CMD_BUF_EN.mask() | Control.EVENT_LOG_EN.mask();
  }

  private long control(Cpu cpu) {
    return cpu.mmio().read(base, Registers.CONTROL);
  }

  private void control(Cpu cpu, long value) {
    cpu.mmio().write(base, Registers.CONTROL, value);
  }

  void flushAll(Cpu cpu) {
    give(cpu, new Command.InvalidateAll());
    await(cpu);
  }

  /** Drops a device's entry. Not waited for: see {@link #await}. */
  void flushEntry(Cpu cpu, RequesterId requester) {
    give(cpu, new Command.InvalidateDeviceEntry(requester));
  }

  /** Drops what {@code pages} of a domain are remembered by. Not waited for. */
  void flushPages(Cpu cpu, int domainId, Pages pages) {
    give(cpu, new Command.InvalidatePages(domainId, pages, true, Optional.empty()));
  }

  /**
   * Has the unit say when it is done with all that it was told. One that does not say so is not
   * waited for any longer, as Linux prints "Completion-Wait loop timed out" and goes on.
   */
  void await(Cpu cpu) {
    long number = cpu.memory().readLong(buffers.completion()) + 1;
    OptionalLong store = OptionalLong.of(buffers.completion() | encryptionMask);
    give(cpu, new Command.CompletionWait(store, number, false, false));
  }

  private void give(Cpu cpu, Command command) {
    WritableMemory memory = cpu.memory();
    long tail = Pointer.OFFSET.inPlace(cpu.mmio().read(base, Registers.CMD_TAIL));
    memory.writeLong(buffers.commands() + tail, command.low());
    memory.writeLong(buffers.commands() + tail + Long.BYTES, command.high());
    long next = (tail + Command.BYTES) & (RING_BYTES - 1);
    cpu.mmio().write(base, Registers.CMD_TAIL, next);
  }

  /** {@return size of an event log in bytes} */
  static int logBytes() {
    return EventRecord.BYTES << RING_ORDER;
  }
}
