// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.crashlane.cli.RehearseCommand.Form;
import org.crashlane.cli.RehearseCommand.Shown;
import org.crashlane.guest.lab.GuestConfig;
import org.crashlane.guest.lab.KeepDirectory;
import org.crashlane.guest.lab.LabException;
import org.crashlane.guest.lab.parts.KernelOffer;
import org.crashlane.guest.lab.parts.KernelSpec;
import org.crashlane.guest.lab.parts.Parts;
import org.crashlane.guest.lab.parts.PartsUnavailableException;
import org.crashlane.rehearsal.CrashOutcome.Grade;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.report.JsonReport;
import org.crashlane.report.Table;
import org.crashlane.report.Table.Cell;
import org.crashlane.report.Table.Column;
import org.crashlane.rule.Verdict.Answer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * One kernel of each series after the other. Each rehearsal is kept as soon as it is done; what is
 * kept of the same kernel is not done again, so that a run that was stopped can be gone on with.
 */
final class SeriesRun {
  private static final String GUEST = "guest.txt";
  private static final String SMALLEST = "crashkernel.json";
  private static final JsonMapper MAPPER = new JsonMapper();

  private final Terminal terminal;
  private final QemuOptions options;
  private final QemuRehearsals lab;
  private final List<Done> done = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();

  SeriesRun(Terminal terminal, QemuOptions options, QemuRehearsals lab) {
    this.terminal = terminal;
    this.options = options;
    this.lab = lab;
  }

  /**
   * A rehearsal that is kept.
   *
   * @param offer its kernel
   * @param json as {@code verdict.json} has it
   */
  record Done(KernelOffer offer, JsonNode json) {
    String text(String... path) {
      JsonNode node = json;
      for (String name : path) {
        node = node.path(name);
      }
      return node.asString("");
    }

    Strategy strategy() {
      return Strategy.valueOf(text("strategy").toUpperCase(Locale.ROOT));
    }

    Grade grade() {
      return Grade.valueOf(text("outcome", "grade"));
    }

    Answer answer() {
      return Answer.valueOf(text("verdict", "answer"));
    }

    ObjectNode node() {
      return JsonNodeFactory.instance
          .objectNode()
          .put("series", offer.series())
          .put("release", offer.release())
          .set("rehearsal", json);
    }
  }

  /** One rehearsal that is still to be done. */
  private record Task(
      KernelOffer offer, GuestConfig config, Scenario scenario, KeepDirectory kept) {
    String label() {
      return "Linux %s, %s, %s"
          .formatted(offer.series(), config.mapping().label(), scenario.label());
    }
  }

  /** {@return the exit code, after all is printed: 3 where a kernel could not be rehearsed} */
  ExitCode run(
      List<MappingMode> modes, Function<MappingMode, List<Scenario>> scenarios, Shown shown)
      throws IOException, InterruptedException {
    Path directory =
        options
            .keep()
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "--kernel all takes hours, and keeps what is done: name a directory by"
                        + " --keep DIR"));
    List<Task> tasks = new ArrayList<>();
    for (KernelOffer offer : Parts.inUsersCache(terminal::complain).offers()) {
      for (MappingMode mode : modes) {
        Path folder = directory.resolve(offer.series()).resolve(mode.label());
        GuestConfig config =
            options
                .config(mode)
                .withKernels(k -> k.withLinux(new KernelSpec.Series(offer.series())));
        KeepDirectory kept = KeepDirectory.open(folder);
        requireSameGuest(folder, config + options.emulator());
        tasks.addAll(tasks(offer, config, scenarios.apply(mode), kept));
      }
    }
    long startNanos = System.nanoTime();
    for (int i = 0; i < tasks.size(); i++) {
      terminal.complain(
          tasks.get(i).label()
              + ahead(i, tasks.size(), Duration.ofNanos(System.nanoTime() - startNanos)));
      one(tasks.get(i));
    }
    if (options.isSmallestAsked()) {
      SmallestCrashkernel.print(done.stream().map(Done::json).toList(), shown.form(), terminal);
      failures.forEach(terminal::complain);
      return failures.isEmpty() ? ExitCode.HOLDS : ExitCode.UNKNOWN;
    }
    print(shown.form());
    failures.forEach(terminal::complain);
    return failures.isEmpty()
        ? ExitCode.ofOutcomes(done, Done::strategy, Done::grade, Done::answer, shown.failOn())
        : ExitCode.UNKNOWN;
  }

  /** {@return which of how many it is, and how long all the rest will take as far as one knows} */
  static String ahead(int doneCount, int totalCount, Duration elapsed) {
    String which = ": %d of %d".formatted(doneCount + 1, totalCount);
    if (doneCount == 0) {
      return which;
    }
    long minutes = elapsed.multipliedBy(totalCount - doneCount).dividedBy(doneCount).toMinutes();
    return which
        + (minutes == 0 ? ", less than a minute to go" : ", about " + minutes + " min to go");
  }

  /**
   * Notes the guest beside what is kept of it.
   *
   * @throws IllegalArgumentException if what is kept there is of another guest
   */
  static void requireSameGuest(Path folder, String described) throws IOException {
    Path note = folder.resolve(GUEST);
    String guest = described + "\n";
    if (!Files.exists(note)) {
      if (holdsVerdicts(folder)) {
        throw new IllegalArgumentException(
            "%s: holds results, and no %s that says of which guest: name another directory"
                .formatted(folder, GUEST));
      }
      KeepDirectory.writeText(note, guest);
    } else if (!Files.readString(note).equals(guest)) {
      throw new IllegalArgumentException(
          "%s: holds results of a guest with other options (%s says which): name another directory"
              .formatted(folder, GUEST));
    }
  }

  private static boolean holdsVerdicts(Path folder) throws IOException {
    try (Stream<Path> kept = Files.list(folder)) {
      return kept.anyMatch(one -> Files.exists(one.resolve(KeepDirectory.VERDICT_JSON)));
    }
  }

  /** {@return what is not kept yet; what is kept is done} */
  private List<Task> tasks(
      KernelOffer offer, GuestConfig config, List<Scenario> scenarios, KeepDirectory kept)
      throws IOException {
    if (!offer.flavours().contains(config.kernels().primary().flavour())) {
      failures.add(
          "Linux %s, %s: Debian has no modules of it any more, and its full kernel needs them"
              .formatted(offer.series(), config.mapping().label()));
      return List.of();
    }
    List<Task> left = new ArrayList<>();
    for (Scenario scenario : scenarios) {
      Optional<JsonNode> before = kept(kept, scenario, offer);
      before.ifPresentOrElse(
          json -> done.add(new Done(offer, json)),
          () -> left.add(new Task(offer, config, scenario, kept)));
    }
    return left;
  }

  private void one(Task task) throws IOException, InterruptedException {
    try {
      if (options.isSmallestAsked()) {
        ObjectNode found = SmallestCrashkernel.of(lab, task.config(), task.scenario());
        KeepDirectory.writeText(
            task.kept().folder(task.scenario()).resolve(SMALLEST),
            JsonReport.text(SmallestCrashkernel.document(List.of(found))));
      } else {
        lab.rehearse(
            QemuRehearsals.round(task.config(), List.of(task.scenario()), Optional.of(task.kept())),
            new ArrayList<Rehearsal>());
      }
    } catch (LabException | PartsUnavailableException | IllegalArgumentException e) {
      failures.add(task.label() + ": " + Failure.describe(e));
      return;
    }
    kept(task.kept(), task.scenario(), task.offer())
        .ifPresentOrElse(
            json -> done.add(new Done(task.offer(), json)),
            () -> failures.add(task.label() + ": done, and not kept" + why(task.kept())));
  }

  private static String why(KeepDirectory kept) {
    return kept.problems().isEmpty() ? "" : ": " + Failure.describe(kept.problems().getLast());
  }

  /** {@return false if what is kept is cut, or of another version of this program} */
  private static boolean isWhole(KernelOffer offer, JsonNode rehearsal) {
    Done done = new Done(offer, rehearsal);
    try {
      return done.strategy() != null && done.grade() != null && done.answer() != null;
    } catch (IllegalArgumentException notOurs) {
      return false;
    }
  }

  /** {@return what is kept of {@code scenario}, if it is of that kernel} */
  private Optional<JsonNode> kept(KeepDirectory kept, Scenario scenario, KernelOffer offer)
      throws IOException {
    boolean smallest = options.isSmallestAsked();
    Path file = kept.folder(scenario).resolve(smallest ? SMALLEST : KeepDirectory.VERDICT_JSON);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      JsonNode json =
          MAPPER.readTree(file.toFile()).path(smallest ? "crashkernel" : "rehearsals").path(0);
      String release =
          (smallest ? json.path("enough") : json).path("kernels").path("release").asString("");
      boolean same =
          release.replace("-cloud", "").equals(offer.release())
              && isWhole(offer, smallest ? json.path("enough") : json);
      return same ? Optional.of(json) : Optional.empty();
    } catch (JacksonException notOurs) {
      return Optional.empty();
    }
  }

  /** {@return what is printed with {@code --json}} */
  static ObjectNode document(List<Done> done) {
    return JsonReport.document().set("series", JsonReport.array(done, Done::node));
  }

  private void print(Form form) {
    if (form == Form.JSON) {
      terminal.out().print(JsonReport.text(document(done)));
      return;
    }
    Table table =
        Table.of(
            Column.left("kernel"),
            Column.left("mapping"),
            Column.left("strategy"),
            Column.left("hand"),
            Column.left("dump"),
            Column.left("rule"));
    done.forEach(d ->
        table.row(
            List.of(
                Cell.of(d.offer().release()),
                Cell.of(d.text("mapping")),
                Cell.of(d.text("strategy")),
                Cell.of(d.text("hand")),
                Cell.of(d.text("outcome", "dump")),
                Cell.of(d.text("verdict", "answer")))));
    terminal.out().print(table.render(terminal.columns(), terminal.colours()));
  }
}
