// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.Alignment;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Ranges;
import org.crashlane.model.hardware.Page;
import org.crashlane.model.modes.Modes;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.rehearsal.Strategy;

/**
 * One crash: which machine, what is done about it, and how.
 *
 * @param machine the machine
 * @param strategy what is done
 * @param timing when it is armed, where it is
 * @param armed the pages that are identity-mapped: the crash ranges, or some of their pages; and at
 *     their addresses with the bit that says encrypted, where these are mapped too
 * @param captureMemory where the capture kernel takes its I/O buffers from: some pages of the crash
 *     ranges; tables of its own, where it has any, come from the rest
 * @param leftOut memory that the dump leaves out: an aperture, where the capture kernel knows it
 * @param workload how much goes on
 * @param sabotage what is wrong with the primary's kernel
 */
public record CrashPlan(
    MachineSpec machine,
    Strategy strategy,
    ArmTiming timing,
    List<AddressRange> armed,
    List<AddressRange> captureMemory,
    List<AddressRange> leftOut,
    Workload workload,
    Sabotage sabotage) {
  /** What the model's capture kernel needs besides a bounce pool, and the whole of it need not. */
  private static final long KERNEL_BYTES = 2L << 20;

  public CrashPlan {
    armed = List.copyOf(armed);
    captureMemory = List.copyOf(captureMemory);
    leftOut = List.copyOf(leftOut);
  }

  /** {@return {@code machine} crashed under {@code strategy}, armed early and whole if at all} */
  public static CrashPlan of(MachineSpec machine, Strategy strategy) {
    return new CrashPlan(
        machine,
        strategy,
        ArmTiming.EARLY,
        machine.windows(),
        captureMemory(machine, strategy),
        List.of(),
        Workload.USUAL,
        Sabotage.NONE);
  }

  /**
   * {@return half of each crash range, so that low memory serves buffers and tables alike; less
   * where a bounce pool needs more than half}
   */
  private static List<AddressRange> captureMemory(MachineSpec machine, Strategy strategy) {
    long poolBytes = Modes.of(machine.mode()).captureNeeds(machine, strategy).bouncePoolBytes();
    List<AddressRange> parts = new ArrayList<>();
    for (AddressRange range : machine.crashRanges()) {
      long half = range.sizeBytes() / 2;
      long besidePool = Math.max(KERNEL_BYTES, range.sizeBytes() - poolBytes);
      long part = Alignment.down(Math.min(half, besidePool), Page.BYTES);
      parts.addAll(Ranges.firstPart(List.of(range), part));
    }
    return parts;
  }

  /** {@return the same, armed at another time} */
  public CrashPlan withTiming(ArmTiming when) {
    return new CrashPlan(
        machine, strategy, when, armed, captureMemory, leftOut, workload, sabotage);
  }

  /** {@return the same with only {@code pages} armed} */
  public CrashPlan withArmed(List<AddressRange> pages) {
    return new CrashPlan(
        machine, strategy, timing, pages, captureMemory, leftOut, workload, sabotage);
  }

  /** {@return the same with the capture kernel's buffers from {@code pages}} */
  public CrashPlan withCaptureMemory(List<AddressRange> pages) {
    return new CrashPlan(machine, strategy, timing, armed, pages, leftOut, workload, sabotage);
  }

  /**
   * {@return the same with {@code ranges} left out of the dump}
   *
   * @throws IllegalArgumentException if they are not whole pages, or if nothing else is dumped
   */
  public CrashPlan withLeftOut(List<AddressRange> ranges) {
    for (AddressRange range : ranges) {
      if (!Alignment.isAligned(range.first(), Page.BYTES)
          || !Alignment.isAligned(range.last() + 1, Page.BYTES)) {
        throw new IllegalArgumentException(
            "to leave %s out of the dump: expected whole pages of %d bytes"
                .formatted(range, Page.BYTES));
      }
    }
    List<AddressRange> dumped = Ranges.without(machine.ram(), machine.crashRanges());
    if (Ranges.without(dumped, ranges).isEmpty()) {
      throw new IllegalArgumentException(
          "nothing of the memory of %s is left to dump".formatted(machine.name()));
    }
    return new CrashPlan(
        machine, strategy, timing, armed, captureMemory, ranges, workload, sabotage);
  }

  /** {@return the same with another workload} */
  public CrashPlan withWorkload(Workload other) {
    return new CrashPlan(machine, strategy, timing, armed, captureMemory, leftOut, other, sabotage);
  }

  /** {@return the same with something wrong} */
  public CrashPlan withSabotage(Sabotage other) {
    return new CrashPlan(machine, strategy, timing, armed, captureMemory, leftOut, workload, other);
  }

  /**
   * {@return true if all that {@code other} has done until the panic is the same} Two strategies
   * that only the capture kernel follows differ by nothing until then.
   */
  boolean sharesPast(CrashPlan other) {
    boolean alike = strategy == other.strategy || !(prepares() || other.prepares());
    return alike
        && timing == other.timing
        && machine.equals(other.machine)
        && armed.equals(other.armed)
        && workload.equals(other.workload)
        && sabotage.equals(other.sabotage);
  }

  private boolean prepares() {
    return arms() || reserves();
  }

  /** {@return true if the primary is armed, sooner or later} */
  boolean arms() {
    return strategy == Strategy.IDENTITY;
  }

  /** {@return true if the crash range is kept out of what the primary hands out} */
  boolean reserves() {
    return switch (strategy) {
      case RESERVE -> true;
      case IDENTITY -> timing != ArmTiming.UNRESERVED;
      case NONE, ADOPT, OFF, ABORT, RESET -> false;
    };
  }
}
