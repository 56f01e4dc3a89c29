// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import org.crashlane.bits.Hex;

/**
 * Something that must not happen, and did.
 *
 * @param kind which invariant was broken
 * @param step the step of the run it happened in
 * @param subject the device, or the kernel
 * @param busAddress what the device put on the bus, or the CPU's address
 * @param physicalAddress where it went; the bus address where it went nowhere
 * @param sizeBytes how many bytes
 * @param evidence what was meant and what stood in the tables
 */
public record Violation(
    Kind kind,
    long step,
    String subject,
    long busAddress,
    long physicalAddress,
    long sizeBytes,
    String evidence) {

  /** What there is to say of a violation. */
  @FunctionalInterface
  interface Account {
    /** {@return the violation of invariant {@code kind} in step {@code step}} */
    Violation of(Kind kind, long step);
  }

  /** The invariants. */
  public enum Kind {
    /** Leftover DMA touched the crash range. */
    LEFTOVER_IN_CRASH_RANGE("leftover DMA touched the crash range"),
    /** What firmware has a device do touched the crash range. */
    FIRMWARE_IN_CRASH_RANGE("firmware's DMA touched the crash range"),
    /** A leftover's IOVA lies in the crash range. */
    LEFTOVER_IOVA_IN_CRASH_RANGE("a leftover's IOVA lies in the crash range"),
    /** Leftover DMA went where the primary had not mapped it. */
    LEFTOVER_ASTRAY("leftover DMA went where the primary had not mapped it"),
    /** The capture kernel's DMA did not get through. */
    CAPTURE_BLOCKED("the capture kernel's DMA did not get through"),
    /** The capture kernel's DMA went elsewhere than its driver meant. */
    CAPTURE_ASTRAY("the capture kernel's DMA went elsewhere than its driver meant"),
    /** The capture kernel could not map a buffer for a device. */
    CAPTURE_UNMAPPABLE("the capture kernel has no memory that the device reaches"),
    /** The capture kernel has no low memory for a ring, a bounce pool or a table. */
    CAPTURE_LOW_MEMORY("the capture kernel has no low memory for what has to be there"),
    /** The capture kernel touched a register or a table of an IOMMU, or memory not its own. */
    IOMMU_TOUCHED("the capture kernel touched the IOMMU"),
    /** A CPU's read of memory was answered by the GART. */
    READ_THROUGH_APERTURE("the dump was read through the aperture"),
    /** The dump is not the memory of the panic. */
    DUMP_DIFFERS("the dump is not the memory of the panic"),
    /** The primary's own DMA was blocked while it ran. */
    PRIMARY_BLOCKED("the primary's own DMA was blocked"),
    /** The primary's own DMA went where it had not mapped it. */
    PRIMARY_ASTRAY("the primary's own DMA went where it had not mapped it"),
    /** A driver of the primary found other bytes than the device sent. */
    PRIMARY_DATA("the primary's driver found other bytes than the device sent"),
    /** The mapping driver handed out what it had handed out already. */
    MAPPED_TWICE("a bus address was handed out twice"),
    /** The mapping driver's tables map what nobody asked for. */
    MAPPED_UNASKED("more is mapped than was asked for"),
    /** After arming, the mapping driver handed out what the capture kernel will use. */
    HANDED_OUT_ARMED("a bus address in the armed crash range was handed out");

    private final String meaning;

    Kind(String meaning) {
      this.meaning = meaning;
    }

    /** {@return what happened, in a clause} */
    public String meaning() {
      return meaning;
    }
  }

  @Override
  public String toString() {
    return "step %d: %s: %s at %s -> %s, %d bytes: %s"
        .formatted(
            step,
            kind.meaning(),
            subject,
            Hex.of(busAddress),
            Hex.of(physicalAddress),
            sizeBytes,
            evidence);
  }
}
