// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import org.crashlane.iommu.amdvi.EventRecord;
import org.crashlane.iommu.amdvi.Registers;
import org.crashlane.iommu.amdvi.Registers.Ring;
import org.crashlane.iommu.amdvi.Registers.Status;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.hardware.RegisterBank;

/** A unit's side of its event log: a ring in memory that it fills until it is full. */
final class EventLog {
  private EventLog() {}

  /**
   * {@return where it is}
   *
   * @param encryptionMask the bit of the register that is no address, or 0
   */
  static AddressRange range(RegisterBank registers, long encryptionMask) {
    long base = registers.get(Registers.EVT_LOG_BASE);
    return AddressRange.ofSize(Ring.BASE.inPlace(base) & ~encryptionMask, bytes(base));
  }

  private static long bytes(long base) {
    return (long) EventRecord.BYTES << Ring.LENGTH.get(base);
  }

  /**
   * Writes an event. When the ring is full it is lost, and the log stands still until software has
   * seen that.
   *
   * @return true if it was written
   */
  static boolean write(WritableMemory memory, RegisterBank registers, EventRecord event) {
    long status = registers.get(Registers.STATUS);
    if (!Status.EVENT_LOG_RUN.isSet(status)) {
      return false;
    }
    long tail = registers.get(Registers.EVT_TAIL);
    AddressRange range = range(registers, 0);
    long next = UnitRegisters.next(tail, range.sizeBytes(), EventRecord.BYTES);
    if (next == registers.get(Registers.EVT_HEAD)) {
      registers.set(
          Registers.STATUS, Status.EVENT_LOG_RUN.with(Status.EVENT_OVERFLOW.with(status, 1), 0));
      return false;
    }
    long at = range.first() + tail;
    if (memory.exists(AddressRange.ofSize(at, EventRecord.BYTES))) {
      memory.writeLong(at, event.low());
      memory.writeLong(at + Long.BYTES, event.high());
    }
    registers.set(Registers.EVT_TAIL, next);
    registers.set(Registers.STATUS, Status.EVENT_LOG_INT.with(status, 1));
    return true;
  }
}
