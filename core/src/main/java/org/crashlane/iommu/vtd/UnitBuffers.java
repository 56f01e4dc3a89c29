// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.UnitBuffer;
import org.crashlane.iommu.vtd.Registers.Aflog;
import org.crashlane.iommu.vtd.Registers.Ecap;
import org.crashlane.iommu.vtd.Registers.Gsts;
import org.crashlane.iommu.vtd.Registers.Queue;
import org.crashlane.iommu.vtd.Registers.QueuePointer;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * What a VT-d unit reads and writes besides its tables (VT-d specification, "Queued Invalidation
 * Interface", "Page Requests", "Advanced Fault Logging", and the event message registers).
 */
final class UnitBuffers {
  /** Size of a status write and of an event message. */
  private static final int STORE_BYTES = 4;

  private static final int DESCRIPTOR_BYTES = 16;

  private final PhysicalMemory memory;
  private final RegisterFile registers;
  private final List<UnitBuffer> found = new ArrayList<>();

  /** Invalidation wait descriptor, "Invalidation Wait Descriptor" in the manual. */
  private static final class WaitDescriptor {
    static final BitField TYPE = BitField.bits("Type", 3, 0);
    static final int TYPE_WAIT = 5;

    /** Status write: data is stored when all before it is done. */
    static final BitField SW = BitField.bit("SW", 5);

    static final BitField STATUS_ADDRESS = BitField.bits("Status Address", 63, 2);

    private WaitDescriptor() {}
  }

  private UnitBuffers(PhysicalMemory memory, RegisterFile registers) {
    this.memory = memory;
    this.registers = registers;
  }

  static List<UnitBuffer> of(PhysicalMemory memory, RegisterFile registers) {
    UnitBuffers buffers = new UnitBuffers(memory, registers);
    long ecap = registers.read(Registers.ECAP);
    long gsts = registers.read(Registers.GSTS);
    if (Gsts.QIES.isSet(gsts)) {
      buffers.invalidationQueue();
    }
    if (Gsts.AFLS.isSet(gsts)) {
      long log = registers.read(Registers.AFLOG);
      buffers.pages(Named.FAULT_LOG, Aflog.FLA.inPlace(log), Aflog.FLS.get(log));
    }
    if (Ecap.PRS.isSet(ecap)) {
      long queue = registers.read(Registers.PQA);
      buffers.pages(Named.PAGE_REQUEST_QUEUE, Queue.QA.inPlace(queue), Queue.QS.get(queue));
      buffers.message(Named.PAGE_REQUEST_EVENT, Registers.PEADDR, Registers.PEUADDR);
    }
    buffers.message(Named.FAULT_EVENT, Registers.FEADDR, Registers.FEUADDR);
    if (Ecap.QI.isSet(ecap)) {
      buffers.message(Named.INVALIDATION_EVENT, Registers.IEADDR, Registers.IEUADDR);
    }
    return buffers.found;
  }

  /** An address of 0 is none: no kernel has a queue in page 0, and no crash range is there. */
  private void pages(Named what, long address, long order) {
    if (address != 0) {
      add(what, AddressRange.clipped(address, (long) UnitConfig.PAGE_BYTES << order));
    }
  }

  /** Where a unit's interrupt goes: a write of 4 bytes like any other, if not to the window. */
  private void message(Named what, Register low, Register high) {
    long address = registers.read(high) << Integer.SIZE | registers.read(low);
    if (address != 0) {
      add(what, AddressRange.clipped(address, STORE_BYTES));
    }
  }

  private void add(Named what, AddressRange range) {
    found.add(new UnitBuffer(Reason.of(what), range));
  }

  private void invalidationQueue() {
    long queue = registers.read(Registers.IQA);
    long base = Queue.QA.inPlace(queue);
    long sizeBytes = (long) UnitConfig.PAGE_BYTES << Queue.QS.get(queue);
    pages(Named.INVALIDATION_QUEUE, base, Queue.QS.get(queue));
    int step = DESCRIPTOR_BYTES << Queue.DW.get(queue);
    long tail = QueuePointer.OFFSET.inPlace(registers.read(Registers.IQT)) % sizeBytes;
    long at = QueuePointer.OFFSET.inPlace(registers.read(Registers.IQH)) % sizeBytes;
    for (long left = sizeBytes / step; at != tail && left > 0; left--) {
      pending(base + at);
      at = (at + step) % sizeBytes;
    }
  }

  private void pending(long descriptor) {
    try {
      long low = memory.readLong(descriptor);
      if (WaitDescriptor.TYPE.get(low) == WaitDescriptor.TYPE_WAIT
          && WaitDescriptor.SW.isSet(low)) {
        long status = WaitDescriptor.STATUS_ADDRESS.inPlace(memory.readLong(descriptor + 8));
        add(Named.PENDING_WAIT, AddressRange.clipped(status, STORE_BYTES));
      }
    } catch (UnreadableMemoryException e) {
      // Nothing pending that is known of; where the queue itself is, has been reported.
    }
  }
}
