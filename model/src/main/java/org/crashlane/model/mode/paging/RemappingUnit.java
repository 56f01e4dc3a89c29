// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.paging.UnitCaches;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.hardware.RegisterBank;
import org.crashlane.rehearsal.IommuMemory;

/**
 * One unit as hardware: registers, caches, faults that it recorded. Memory is given to each call.
 *
 * @param <C> what it remembers
 */
public abstract class RemappingUnit<C extends UnitCaches> implements RegisterFile {
  private final RegisterBank registers;
  private final C caches;
  private final List<Fault> untaken;

  /** Makes a unit whose registers are {@code registers}, and that remembers {@code caches}. */
  protected RemappingUnit(RegisterBank registers, C caches) {
    this.registers = registers;
    this.caches = caches;
    this.untaken = new ArrayList<>();
  }

  /** Makes a unit in the state of {@code other}, with {@code caches} that are a copy of its own. */
  protected RemappingUnit(RemappingUnit<C> other, C caches) {
    this.registers = other.registers.fork();
    this.caches = caches;
    this.untaken = new ArrayList<>(other.untaken);
  }

  /** {@return what becomes of a request; caches, fault registers and logs may change} */
  public abstract Outcome translate(WritableMemory memory, Request request);

  /** {@return what tables and caches have for {@code request}, in words: it changes nothing} */
  public abstract List<Reason> explain(PhysicalMemory memory, Request request);

  /** Has {@code register} take what a CPU writes, and does what the hardware does then. */
  protected abstract void write(WritableMemory memory, Register register, long value);

  /** {@return true if it translates now} */
  public abstract boolean isTranslating();

  /** {@return the tables that its registers name, as they stand} */
  public abstract TranslationTables tables(PhysicalMemory memory);

  /** {@return memory that holds tables and buffers of its own now, as far as it is told apart} */
  public List<IommuMemory> ownMemory() {
    return List.of();
  }

  /** {@return true if it ignores writes to the register at {@code offset} now} */
  public boolean isLocked(int offset) {
    return false;
  }

  /** {@return a unit in the same state, that changes by itself} */
  public abstract RemappingUnit<C> fork();

  /** Adds to {@code into} what later behaviour depends on, but for the caches. */
  protected abstract void addRegistersTo(Fingerprint into);

  /** Adds all its state to {@code into}. */
  public final void addTo(Fingerprint into) {
    addRegistersTo(into);
    CacheFingerprint.add(into, caches);
  }

  /** {@return what it remembers} */
  protected final C caches() {
    return caches;
  }

  /** {@return what its registers hold} */
  protected final RegisterBank registers() {
    return registers;
  }

  /** Notes a fault as recorded. */
  protected final void recorded(Fault fault) {
    untaken.add(fault);
  }

  /** {@return the faults recorded since the last call, oldest first} */
  public final List<Fault> takeFaults() {
    List<Fault> taken = List.copyOf(untaken);
    untaken.clear();
    return taken;
  }

  @Override
  public final long read32(int offset) {
    return registers.read32(offset);
  }

  @Override
  public final long read64(int offset) {
    return registers.read64(offset);
  }

  /** A CPU writes 32 bits at {@code offset} from the unit's base. */
  public final void write32(WritableMemory memory, int offset, long value) {
    if (registers.places().isRegister(offset)) {
      write(memory, registers.places().at(offset), registers.whole(offset, value));
    }
  }

  /** A CPU writes 64 bits at {@code offset} from the unit's base. */
  public final void write64(WritableMemory memory, int offset, long value) {
    if (registers.places().isLong(offset)) {
      write(memory, registers.places().at(offset), value);
    } else {
      write32(memory, offset, Integer.toUnsignedLong((int) value));
      write32(memory, offset + Integer.BYTES, value >>> Integer.SIZE);
    }
  }
}
