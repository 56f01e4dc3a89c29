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
import org.crashlane.model.fault.SeededFaults;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.report.Colours.Style;
import org.crashlane.report.Table;
import org.crashlane.report.Table.Cell;
import org.crashlane.report.Table.Column;
import picocli.CommandLine.Option;

/** Options of {@code rehearse} that stage model alone understands. */
final class ModelOptions {
  private static final long STATES_LIMIT = 100_000_000;

  private static final int RUNS_USUAL = 10;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Random seed, for one run unless --runs says more; default: 1.")
  private Optional<Long> seed = Optional.empty();

  @Option(
      names = "--runs",
      paramLabel = "M",
      description =
          "Crash each M times, with seeds N, N+1 and so on; the worst is reported; default: 10.")
  private Optional<Integer> runs = Optional.empty();

  @Option(
      names = "--arm",
      paramLabel = "MOMENT",
      description =
          "When identity is put in place: early (before any driver maps), late (while drivers run),"
              + " unreserved (late, and the range is not reserved in the IOVA allocator); default:"
              + " early.")
  private ArmTiming timing = ArmTiming.EARLY;

  @Option(
      names = "--fault",
      paramLabel = "NAME",
      description =
          "Inject a fault into the first kernel, such as vtd-not-cleared; list prints them all.")
  private Optional<FaultName> faultName = Optional.empty();

  @Option(
      names = "--leave-out",
      paramLabel = "RANGE",
      description = "Memory to leave out of the dump, such as an aperture's; may be repeated.")
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
          "Instead of one random order of events, try every order on a machine of 128 pages, or on"
              + " MACHINE if it is as small: prints the states visited, and the shortest way to each"
              + " violation.")
  private boolean explore;

  @Option(
      names = "--states",
      paramLabel = "N",
      description = "With --explore: stop after so many states; default: 5000000.")
  private long stateCountMax = ExplorerLimits.usual().stateCountMax();

  @Option(
      names = "--trace",
      description = "Print each event in a line; for one machine and strategy.")
  private boolean trace;

  /**
   * What {@code --fault} takes.
   *
   * @param faults the one named; all there are for {@code list}
   */
  record FaultName(List<SeededFault> faults) {
    private static final String LIST = "list";

    static FaultName parse(String text) {
      List<SeededFault> all = SeededFaults.all();
      return new FaultName(
          text.equalsIgnoreCase(LIST)
              ? all
              : List.of(Converters.one(text, all, SeededFault::name, "--fault list has them all")));
    }
  }

  boolean listsFaults() {
    return faultName.isPresent() && faultName.get().faults().size() > 1;
  }

  private Optional<SeededFault> fault() {
    return faultName.map(name -> name.faults().getFirst());
  }

  static ExitCode printFaults(Terminal terminal) {
    Table table = Table.of(Column.left("fault"), Column.left("what is wrong"));
    SeededFaults.all()
        .forEach(f -> table.row(List.of(new Cell(f.name(), Style.STRONG), Cell.of(f.wrong()))));
    terminal.out().print(table.render(terminal.columns(), terminal.colours()));
    return ExitCode.HOLDS;
  }

  /**
   * Refuses what would be ignored.
   *
   * @throws IllegalArgumentException with the option
   */
  void check(List<Strategy> strategies) {
    if (timing != ArmTiming.EARLY && !strategies.contains(Strategy.IDENTITY)) {
      throw new IllegalArgumentException("--arm is for strategy identity");
    }
    if (explore && (schedule.isPresent() || trace || seed.isPresent() || runs.isPresent())) {
      throw new IllegalArgumentException(
          "--explore tries every order: --seed, --runs, --schedule and --trace are for one");
    }
    if (!explore && stateCountMax != ExplorerLimits.usual().stateCountMax()) {
      throw new IllegalArgumentException("--states is for --explore");
    }
  }

  long seed() {
    return seed.orElse(1L);
  }

  /** {@return how often each is crashed: once where one run is asked for} */
  int runCount() {
    boolean one = seed.isPresent() || schedule.isPresent() || trace;
    return runs.orElse(one ? 1 : RUNS_USUAL);
  }

  /** {@return {@code plan} with what was asked for} */
  CrashPlan change(CrashPlan plan) {
    MappingMode mode = plan.machine().mode();
    if (fault().isPresent() && fault().get().mode() != mode) {
      throw new IllegalArgumentException(
          "--fault %s is one of %s, and %s is a machine of %s"
              .formatted(
                  fault().get().name(),
                  fault().get().mode().label(),
                  plan.machine().name(),
                  mode.label()));
    }
    return plan.withTiming(timing)
        .withLeftOut(leftOut)
        .withSabotage(fault().map(SeededFault::sabotage).orElse(Sabotage.NONE));
  }

  /** {@return the options, other than machine, strategy and seed, that made a run what it was} */
  String repeated() {
    StringBuilder out = new StringBuilder();
    if (timing != ArmTiming.EARLY) {
      out.append(" --arm ").append(timing.label());
    }
    fault().ifPresent(f -> out.append(" --fault ").append(f.name()));
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
          "--states %d: expected 1 to %,d".formatted(stateCountMax, STATES_LIMIT));
    }
    return new ExplorerLimits(stateCountMax, ExplorerLimits.usual().threadCount());
  }

  boolean trace() {
    return trace;
  }
}
