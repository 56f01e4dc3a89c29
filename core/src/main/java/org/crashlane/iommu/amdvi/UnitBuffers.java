// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.UnitBuffer;
import org.crashlane.iommu.amdvi.Registers.Control;
import org.crashlane.iommu.amdvi.Registers.GaLogTail;
import org.crashlane.iommu.amdvi.Registers.Pointer;
import org.crashlane.iommu.amdvi.Registers.Ring;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * What an AMD IOMMU reads and writes besides its tables: the command buffer, logs, and what
 * commands that are still to be done have it store (AMD 48882, "Command Buffer", "Event Log",
 * "Peripheral Page Request Log", "Guest Virtual APIC Log").
 */
final class UnitBuffers {
  /** Size of an entry of the command buffer, the event and the page request log. */
  private static final int ENTRY_BYTES = 16;

  private static final int GA_ENTRY_BYTES = 8;

  private final PhysicalMemory memory;
  private final RegisterFile registers;
  private final long encryptionMask;
  private final List<UnitBuffer> found = new ArrayList<>();

  private UnitBuffers(PhysicalMemory memory, RegisterFile registers, long encryptionMask) {
    this.memory = memory;
    this.registers = registers;
    this.encryptionMask = encryptionMask;
  }

  static List<UnitBuffer> of(PhysicalMemory memory, RegisterFile registers, long encryptionMask) {
    UnitBuffers buffers = new UnitBuffers(memory, registers, encryptionMask);
    long control = registers.read(Registers.CONTROL);
    if (!Control.IOMMU_EN.isSet(control)) {
      // It fetches and logs nothing, whatever the other bits say.
      return List.of();
    }
    if (Control.CMD_BUF_EN.isSet(control)) {
      buffers.commands();
    }
    if (Control.EVENT_LOG_EN.isSet(control)) {
      buffers.ring(Named.EVENT_LOG, Registers.EVT_LOG_BASE, ENTRY_BYTES);
    }
    if (Control.DUAL_EVENT_LOG_EN.get(control) != 0) {
      buffers.ring(Named.EVENT_LOG_B, Registers.EVT_LOG_B_BASE, ENTRY_BYTES);
    }
    if (Control.PPR_LOG_EN.isSet(control)) {
      buffers.ring(Named.PAGE_REQUEST_LOG, Registers.PPR_LOG_BASE, ENTRY_BYTES);
    }
    if (Control.DUAL_PPR_LOG_EN.get(control) != 0) {
      buffers.ring(Named.PAGE_REQUEST_LOG_B, Registers.PPR_LOG_B_BASE, ENTRY_BYTES);
    }
    if (Control.GA_LOG_EN.isSet(control)) {
      buffers.ring(Named.GUEST_APIC_LOG, Registers.GA_LOG_BASE, GA_ENTRY_BYTES);
      long tail = GaLogTail.ADDRESS.inPlace(registers.read(Registers.GA_LOG_TAIL_ADDRESS));
      buffers.store(Named.GUEST_APIC_LOG_TAIL, tail & ~encryptionMask);
    }
    return buffers.found;
  }

  private AddressRange range(Register register, int entryBytes) {
    long base = registers.read(register);
    long address = Ring.BASE.inPlace(base) & ~encryptionMask;
    return AddressRange.ofSize(address, (long) entryBytes << Ring.LENGTH.get(base));
  }

  private void ring(Named what, Register register, int entryBytes) {
    found.add(new UnitBuffer(Reason.of(what), range(register, entryBytes)));
  }

  private void store(Named what, long address) {
    found.add(new UnitBuffer(Reason.of(what), AddressRange.ofSize(address, Long.BYTES)));
  }

  private void commands() {
    AddressRange ring = range(Registers.CMD_BUF_BASE, ENTRY_BYTES);
    found.add(new UnitBuffer(Reason.of(Named.COMMAND_BUFFER), ring));
    long tail = Pointer.OFFSET.inPlace(registers.read(Registers.CMD_TAIL)) % ring.sizeBytes();
    long at = Pointer.OFFSET.inPlace(registers.read(Registers.CMD_HEAD)) % ring.sizeBytes();
    for (long left = ring.sizeBytes() / ENTRY_BYTES; at != tail && left > 0; left--) {
      pending(ring.first() + at);
      at = (at + ENTRY_BYTES) % ring.sizeBytes();
    }
  }

  private void pending(long at) {
    try {
      if (Command.decode(memory.readLong(at), memory.readLong(at + Long.BYTES))
          instanceof Command.CompletionWait wait) {
        wait.storeAddress().ifPresent(a -> store(Named.PENDING_WAIT, a & ~encryptionMask));
      }
    } catch (UnreadableMemoryException e) {
      // Nothing pending that is known of; where the buffer itself is, has been reported.
    }
  }
}
