// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.Access;

/**
 * Cases on their way through a machine. Each has a slot of two words in the device's buffer: one
 * that a read fills, and the pattern that a write carries.
 *
 * <p>Memory is put right only when all cases are through. So that none reads or overwrites what
 * another wrote, each must use another word of its page: no translation changes that offset.
 */
final class ProbeBatch {
  static final int SLOT_BYTES = 2 * Long.BYTES;

  private static final long NOT_READ = 0xbadb_adba_dbad_bad0L;
  private static final long PATTERN = 0x5eed_0000_0000_0077L;
  private static final BitField OFFSET = BitField.bits("offset in page", 11, 0);
  private static final BitField SLOT = BitField.bits("slot", 47, 8);

  private final List<ProbeCase> cases;
  private final List<Optional<Observation.Faulted>> readFaults;
  private final List<Optional<Observation.Faulted>> writeFaults;
  private final long[] read;
  private final List<Optional<Long>> landed;

  ProbeBatch(List<ProbeCase> cases) {
    if (cases.size() > IommuMachine.BATCH_CASES) {
      throw new IllegalArgumentException("a batch of " + cases.size() + " cases");
    }
    if (cases.stream().mapToLong(c -> OFFSET.get(c.iova())).distinct().count() != cases.size()) {
      throw new IllegalArgumentException("two cases of a batch use the same word of their pages");
    }
    this.cases = List.copyOf(cases);
    this.readFaults = nothingFor(cases);
    this.writeFaults = nothingFor(cases);
    this.landed = nothingFor(cases);
    this.read = new long[cases.size()];
  }

  private static <T> List<Optional<T>> nothingFor(List<ProbeCase> cases) {
    List<Optional<T>> list = new ArrayList<>();
    cases.forEach(_ -> list.add(Optional.empty()));
    return list;
  }

  /** {@return true if a write to {@code iova} is tried} */
  static boolean mayWrite(long iova) {
    return !InterruptWindow.contains(iova);
  }

  /** {@return offset in the device's buffer of what the {@code index}-th case reads} */
  static int readSlot(int index) {
    return index * SLOT_BYTES;
  }

  /** {@return offset in the device's buffer of what the {@code index}-th case writes} */
  static int writeSlot(int index) {
    return readSlot(index) + Long.BYTES;
  }

  /** {@return what the device's buffer holds before the first case} */
  long[] slots() {
    long[] words = new long[2 * cases.size()];
    for (int i = 0; i < cases.size(); i++) {
      words[2 * i] = NOT_READ;
      words[2 * i + 1] = SLOT.with(PATTERN, i);
    }
    return words;
  }

  int slotBytes() {
    return cases.size() * SLOT_BYTES;
  }

  ProbeCase tables(int index) {
    return cases.get(index);
  }

  /** Notes what the fault record said after a transfer. */
  void faulted(int index, Access access, Optional<Observation.Faulted> fault) {
    switch (access) {
      case READ -> readFaults.set(index, fault);
      case WRITE -> writeFaults.set(index, fault);
    }
  }

  /** Notes what the device's buffer holds behind the last case. */
  void takeSlots(long[] words) {
    for (int i = 0; i < cases.size(); i++) {
      read[i] = words[2 * i];
    }
  }

  /**
   * Notes that a word in memory was written.
   *
   * @throws IllegalStateException if no case of this batch wrote it, or one did twice
   */
  void landed(long address, long value) {
    int slot = (int) SLOT.get(value);
    boolean ours = SLOT.with(value, 0) == PATTERN && slot < cases.size();
    if (!ours || landed.get(slot).isPresent()) {
      throw new IllegalStateException(
          "unexpected data in memory at " + Hex.of(address) + ": " + Hex.of(value));
    }
    landed.set(slot, Optional.of(address));
  }

  /** {@return what came of all cases: a read and, where it was tried, a write of each} */
  List<Probe> probes() {
    List<Probe> probes = new ArrayList<>();
    for (int i = 0; i < cases.size(); i++) {
      probes.add(new Probe(cases.get(i), Access.READ, readObservation(i)));
      if (mayWrite(cases.get(i).iova())) {
        probes.add(new Probe(cases.get(i), Access.WRITE, writeObservation(i)));
      }
    }
    return probes;
  }

  private Observation readObservation(int index) {
    if (ProbeMemory.isMark(read[index])) {
      return seen(index, readFaults, Optional.of(ProbeMemory.markOf(read[index])), 0);
    }
    return seen(index, readFaults, Optional.empty(), read[index]);
  }

  private Observation writeObservation(int index) {
    return seen(index, writeFaults, landed.get(index), 0);
  }

  private Observation seen(
      int index, List<Optional<Observation.Faulted>> faults, Optional<Long> at, long data) {
    Optional<Observation.Faulted> fault = faults.get(index);
    if (fault.isPresent() && (at.isPresent() || data != 0)) {
      throw new IllegalStateException("both a fault and data: " + cases.get(index));
    }
    if (fault.isPresent()) {
      return fault.get();
    }
    return at.isPresent() ? new Observation.Landed(at.get()) : new Observation.Nothing(data);
  }
}
