// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.List;
import java.util.Optional;
import org.crashlane.model.crash.ArmTiming;
import org.crashlane.model.explore.ExplorerLimits;
import picocli.CommandLine.Option;

/** Options of {@code rehearse} that stage model alone understands. */
final class ModelOptions {
  /** Their names, to refuse them elsewhere. */
  static final List<String> NAMES =
      List.of(
          "--mapping",
          "--seed",
          "--runs",
          "--arm",
          "--schedule",
          "--explore",
          "--states",
          "--trace");

  private static final long STATES_LIMIT = 100_000_000;

  @Option(
      names = "--mapping",
      converter = MappingNames.Converter.class,
      paramLabel = "MODE[,MODE]",
      description =
          "The built-in machines of these modes: nommu, swiotlb, gart, calgary, vtd; of the "
              + "machines named, those of these modes.")
  private Optional<MappingNames> mapping = Optional.empty();

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
          "When identity is put in place: early (before any driver maps), late (while drivers run), "
              + "untold (late, and the allocator is not told); default: early.")
  private ArmTiming timing = ArmTiming.EARLY;

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
          "Instead of one course of things by chance, try every order on a machine of 128 pages, or "
              + "on MACHINE if it is as small: prints the states visited, and the shortest way to "
              + "each violation.")
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

  /** {@return the modes asked for; empty for all} */
  Optional<MappingNames> mapping() {
    return mapping;
  }

  long seed() {
    return seed;
  }

  int runCount() {
    return runCount;
  }

  ArmTiming timing() {
    return timing;
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
