// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.List;
import org.crashlane.bits.Term;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Sighting.Violated;
import org.crashlane.rule.Subject.Party;

/**
 * Something that must not happen, and did.
 *
 * @param kind which invariant was broken
 * @param step the step of the run it happened in
 * @param party who broke it
 * @param busAddress what the device put on the bus, or the CPU's address
 * @param physicalAddress where it went; the bus address where it went nowhere
 * @param sizeBytes how many bytes
 * @param evidence what was meant, and what the tables held
 */
public record Violation(
    Kind kind,
    long step,
    Party party,
    long busAddress,
    long physicalAddress,
    long sizeBytes,
    List<Evidence> evidence) {
  public Violation {
    evidence = List.copyOf(evidence);
  }

  /** What there is to say of a violation. */
  @FunctionalInterface
  interface Account {
    /** {@return the violation of invariant {@code kind} in step {@code step}} */
    Violation of(Kind kind, long step);
  }

  /** The invariants, each with what broke it. */
  public enum Kind implements Term {
    LEFTOVER_IN_CRASH_RANGE("in-flight DMA touched the crash range"),
    FIRMWARE_IN_CRASH_RANGE("firmware's DMA touched the crash range"),
    LEFTOVER_IOVA_IN_CRASH_RANGE("an IOVA of in-flight DMA lies in the crash range"),
    LEFTOVER_ASTRAY("in-flight DMA went where the primary had not mapped it"),
    CAPTURE_BLOCKED("the capture kernel's DMA did not get through"),
    CAPTURE_ASTRAY("the capture kernel's DMA went elsewhere than its driver meant"),
    CAPTURE_UNMAPPABLE("the capture kernel has no memory that the device reaches"),
    CAPTURE_LOW_MEMORY("the capture kernel has no low memory for what has to be there"),
    /** A register or a table of it, or memory that is not its own. */
    IOMMU_TOUCHED("the capture kernel touched the IOMMU"),
    READ_THROUGH_APERTURE("the dump was read through the aperture"),
    DUMP_DIFFERS("the dump is not the memory of the panic"),
    PRIMARY_BLOCKED("the primary's own DMA was blocked"),
    PRIMARY_ASTRAY("the primary's own DMA went where it had not mapped it"),
    PRIMARY_DATA("the primary's driver found other bytes than the device sent"),
    MAPPED_TWICE("a bus address was handed out twice"),
    MAPPED_UNASKED("more is mapped than was asked for"),
    HANDED_OUT_ARMED("a bus address in the armed crash range was handed out");

    private final String meaning;

    Kind(String meaning) {
      this.meaning = meaning;
    }

    @Override
    public String meaning() {
      return meaning;
    }
  }

  /** {@return the same, as the first of {@code count}} */
  public Violated of(long count) {
    return new Violated(count, step, kind, party, busAddress, physicalAddress, sizeBytes, evidence);
  }
}
