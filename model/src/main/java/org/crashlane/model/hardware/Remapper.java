// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.rehearsal.IommuMemory;

/**
 * All that stands between the machine's devices and its memory: its IOMMUs, with their registers
 * and caches. It knows memory and registers, and nothing of kernels.
 *
 * <p>Its state can be copied, so that a crash can be tried in many ways from one point. Memory is
 * not part of that state: it is given to each call.
 */
public interface Remapper {

  /** {@return what becomes of a device's request; caches and fault registers may change} */
  Outcome translate(WritableMemory memory, Request request);

  /**
   * {@return what the tables and registers have for {@code request}, entry by entry; it changes
   * nothing}
   */
  List<Reason> explain(PhysicalMemory memory, Request request);

  /**
   * {@return what becomes of a CPU's access to memory} Only a GART is in the way of CPUs.
   *
   * @param address physical address
   */
  default CpuAccess accessByCpu(PhysicalMemory memory, long address) {
    return new CpuAccess.Reached(address);
  }

  /** {@return the addresses at which a CPU's accesses do not simply reach memory; mostly none} */
  default List<AddressRange> inTheWayOfCpus() {
    return List.of();
  }

  /** {@return true if a memory-mapped register of an IOMMU is at {@code address}} */
  default boolean hasMmio(long address) {
    return false;
  }

  /** {@return its memory-mapped registers; only called where {@link #hasMmio}} */
  default RegisterPort mmio(WritableMemory memory) {
    return NoRegisters.PORT;
  }

  /** {@return true if a register of an IOMMU is at {@code address} of configuration space} */
  default boolean hasConfig(long address) {
    return false;
  }

  /** {@return its registers in configuration space; only called where {@link #hasConfig}} */
  default RegisterPort config(PhysicalMemory memory) {
    return NoRegisters.PORT;
  }

  /** {@return true if it translates now, any of it} */
  boolean isTranslating();

  /**
   * {@return the tables of each IOMMU unit as they are, for the rule's judgement; empty where there
   * is none}
   */
  List<UnitTables> tables(MachineSpec machine, PhysicalMemory memory);

  /** {@return memory that holds tables and buffers of its own now, as far as it is told apart} */
  default List<IommuMemory> ownMemory() {
    return List.of();
  }

  /** {@return true if it ignores writes to the register at {@code address} now} */
  default boolean isLocked(long address) {
    return false;
  }

  /** {@return the faults recorded since the last call, oldest first} */
  List<Fault> takeFaults();

  /** {@return a remapper in the same state, that changes by itself} */
  Remapper fork();

  /** Adds all its state to {@code into}. */
  void addTo(Fingerprint into);
}
