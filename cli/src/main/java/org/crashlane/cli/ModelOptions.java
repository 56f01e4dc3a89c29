// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.crash.ArmTiming;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.model.crash.Sabotage;
import org.crashlane.model.explore.ExplorerLimits;
import org.crashlane.model.fault.SeededFault;
import org.crashlane.rehearsal.MappingMode;
import picocli.CommandLine.Option;

/** Options of {@code rehearse} that stage model alone understands. */
final class ModelOptions {
  /** Their names, to refuse them elsewhere. */
  static final List<String> NAMES =
      List.of("--seed", "--runs", "--arm", "--schedule", "--explore", "--states", "--trace");

  private static final long STATES_LIMIT = 100_000_000;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "What chance decides, it decides by this number; default: 1.")
  private long seed = 1;

  @Option(
      names = "--runs",
      paramLabel = "M",
      description = "Crash each M times, with seeds N, N+1 and so on; default: 1.")
  private int runCount = 1;

  @Option(
      names = "--arm",
      converter = ArmTimingConverter.class,
      paramLabel = "WHEN",
      description =
          "When identity is put in place: early (before any driver maps), late (while drivers run),"
              + " untold (late, and the allocator is not told); default: early.")
  private ArmTiming timing = ArmTiming.EARLY;

  @Option(
      names = "--fault",
      converter = FaultConverter.class,
      paramLabel = "NAME",
      description =
          "Put a mistake into the primary's kernel, such as vtd-not-cleared; a wrong name lists"
              + " them.")
  private Optional<SeededFault> fault = Optional.empty();

  @Option(
      names = "--leave-out",
      converter = RangeConverter.class,
      paramLabel = "RANGE",
      description = "Leave memory out of the dump, such as that under an aperture.")
  private List<AddressRange> leftOut = new ArrayList<>();

  @Option(
      names = "--schedule",
      paramLabel = "STEPS",
      description =
          "What happens before the panic, as a failure prints it: post:nic,step:nic,panic. For one "
              + "machine and strategy.")
  private Optional<String> schedule = Optional.empty();

  @Option(
      names = "--explore",
      description =
          "Instead of one course of things by chance, try every order on a machine of 128 pages, or"
              + " on MACHINE if it is as small: prints the states visited, and the shortest way to"
              + " each violation.")
  private boolean explore;

  @Option(
      names = "--states",
      paramLabel = "N",
      description = "Stop exploring after so many states, incomplete; default: 5000000.")
  private long stateCountMax = ExplorerLimits.usual().stateCountMax();

  @Option(
      names = "--trace",
      description = "Print what happens, a line for each event; for one machine and strategy.")
  private boolean trace;

  long seed() {
    return seed;
  }

  int runCount() {
    return runCount;
  }

  /** {@return {@code plan} with what was asked for} */
  CrashPlan change(CrashPlan plan) {
    MappingMode mode = plan.machine().mode();
    if (fault.isPresent() && fault.get().mode() != mode) {
      throw new IllegalArgumentException(
          "--fault %s is one of %s, and %s is a machine of %s"
              .formatted(
                  fault.get().name(),
                  fault.get().mode().label(),
                  plan.machine().name(),
                  mode.label()));
    }
    return plan.withTiming(timing)
        .withLeftOut(leftOut)
        .withSabotage(fault.map(SeededFault::sabotage).orElse(Sabotage.NONE));
  }

  /** {@return the options, other than machine, strategy and seed, that made a run what it was} */
  String repeated() {
    StringBuilder out = new StringBuilder();
    if (timing != ArmTiming.EARLY) {
      out.append(" --arm ").append(timing.label());
    }
    fault.ifPresent(f -> out.append(" --fault ").append(f.name()));
    leftOut.forEach(r -> out.append(" --leave-out ").append(r));
    return out.toString();
  }

  Optional<String> schedule() {
    return schedule;
  }

  boolean explore() {
    return explore;
  }

  /**
   * {@return what exploring may cost}
   *
   * @throws IllegalArgumentException if what was asked for is out of bounds
   */
  ExplorerLimits limits() {
    if (stateCountMax < 1 || stateCountMax > STATES_LIMIT) {
      throw new IllegalArgumentException(
          "--states %d: 1 to %,d wanted".formatted(stateCountMax, STATES_LIMIT));
    }
    return new ExplorerLimits(stateCountMax, ExplorerLimits.usual().threadCount());
  }

  boolean trace() {
    return trace;
  }
}
