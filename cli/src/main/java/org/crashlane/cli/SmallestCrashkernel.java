// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.crashlane.cli.QemuRehearsals.Round;
import org.crashlane.cli.RehearseCommand.Form;
import org.crashlane.guest.lab.GuestConfig;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.report.EvidenceText;
import org.crashlane.report.JsonReport;
import org.crashlane.report.RehearsalJson;
import org.crashlane.report.Table;
import org.crashlane.report.Table.Cell;
import org.crashlane.report.Table.Column;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * How small a crash range may be: one crash after the other, each with a range between one with
 * which a dump came and one with which none did.
 */
final class SmallestCrashkernel {
  /** Where the search begins: with so much a dump has to come. */
  static final int BEGIN_MIB = 256;

  /** As fine as the answer is: the unit of x86's reservations is 16 MiB, of its sizes 1 MiB. */
  private static final int STEP_MIB = 4;

  private SmallestCrashkernel() {}

  /** Whether a crash with a range of that size gives a dump. */
  @FunctionalInterface
  interface Trial {
    boolean givesDump(int mebibytes) throws IOException, InterruptedException;
  }

  /**
   * The two sizes that are neighbours and differ.
   *
   * @param enoughMib with it there was a dump
   * @param tooSmallMib with it there was none; 0 where there always was one
   */
  record Bounds(int enoughMib, int tooSmallMib) {}

  /**
   * {@return the bounds, by halving}
   *
   * @throws IllegalArgumentException if there is no dump with {@value #BEGIN_MIB} MiB either
   */
  static Bounds search(Trial trial) throws IOException, InterruptedException {
    if (!trial.givesDump(BEGIN_MIB)) {
      throw new IllegalArgumentException(
          ("--crashkernel smallest: there is no dump with %d MiB either: take a strategy under which"
                  + " one is written")
              .formatted(BEGIN_MIB));
    }
    int enough = BEGIN_MIB;
    int tooSmall = 0;
    while (enough - tooSmall > STEP_MIB) {
      int middle = (enough + tooSmall) / 2 / STEP_MIB * STEP_MIB;
      if (trial.givesDump(middle)) {
        enough = middle;
      } else {
        tooSmall = middle;
      }
    }
    return new Bounds(enough, tooSmall);
  }

  /** {@return what is found of a kernel by crashing it under {@code scenario}} */
  static ObjectNode of(QemuRehearsals lab, GuestConfig config, Scenario scenario)
      throws IOException, InterruptedException {
    Map<Boolean, Rehearsal> lastByOutcome = new HashMap<>();
    Bounds bounds =
        search(mebibytes -> {
          GuestConfig with = config.withKernels(k -> k.withCrashkernel(mebibytes + "M"));
          Rehearsal last = rehearse(lab, with, scenario);
          DumpOutcome dump = last.observations().dump();
          if (dump instanceof DumpOutcome.Damaged) {
            // Not the size alone spoils a dump.
            last = rehearse(lab, with, scenario);
            requireNoOtherReason(last.observations().dump(), mebibytes);
          }
          boolean came = last.observations().dump().gotThrough();
          lastByOutcome.put(came, last);
          return came;
        });
    ObjectNode node =
        JsonNodeFactory.instance
            .objectNode()
            .put("enoughMebibytes", bounds.enoughMib())
            .put("tooSmallMebibytes", bounds.tooSmallMib());
    node.set("enough", rehearsal(lastByOutcome.get(true)));
    node.set(
        "tooSmall",
        lastByOutcome.containsKey(false)
            ? rehearsal(lastByOutcome.get(false))
            : JsonNodeFactory.instance.nullNode());
    return node;
  }

  private static void requireNoOtherReason(DumpOutcome dump, int mebibytes) {
    if (dump instanceof DumpOutcome.Damaged damaged) {
      throw new IllegalArgumentException(
          "--crashkernel smallest: with %d MiB there is a dump that differs, twice (%s): whether it is for the size is not known"
              .formatted(mebibytes, EvidenceText.of(damaged.reasons().getFirst())));
    }
  }

  private static Rehearsal rehearse(QemuRehearsals lab, GuestConfig config, Scenario scenario)
      throws IOException, InterruptedException {
    List<Rehearsal> one = new ArrayList<>();
    lab.rehearse(new Round(config, List.of(scenario), Optional.empty()), one);
    return one.getFirst();
  }

  private static JsonNode rehearsal(Rehearsal one) {
    return RehearsalJson.of(List.of(one)).path("rehearsals").path(0);
  }

  /** {@return the document that {@code --json} prints and a kept file holds} */
  static ObjectNode document(List<JsonNode> found) {
    ObjectNode document = JsonReport.document();
    document.putArray("crashkernel").addAll(found);
    return document;
  }

  static void print(List<JsonNode> found, Form form, Terminal terminal) {
    if (form == Form.JSON) {
      terminal.out().print(JsonReport.text(document(found)));
      return;
    }
    Table table =
        Table.of(
            Column.left("capture kernel"),
            Column.left("mapping"),
            Column.left("strategy"),
            Column.right("crashkernel"),
            Column.left("with 4 MiB less"));
    for (JsonNode one : found) {
      JsonNode enough = one.path("enough");
      JsonNode less = one.path("tooSmall").path("dump").path("reasons").path(0).path("text");
      table.row(
          List.of(
              Cell.of(enough.path("kernels").path("captureRelease").asString("")),
              Cell.of(enough.path("mapping").asString("")),
              Cell.of(enough.path("strategy").asString("")),
              Cell.of(one.path("enoughMebibytes").asInt() + "M"),
              Cell.of(less.asString(""))));
    }
    terminal.out().print(table.render(terminal.columns(), terminal.colours()));
  }
}
