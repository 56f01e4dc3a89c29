// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.crashlane.report.JsonReport.array;
import static org.crashlane.report.JsonReport.names;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.crashlane.arming.ArmResult.Armed;
import org.crashlane.arming.ArmResult.Done;
import org.crashlane.arming.ArmResult.Unneeded;
import org.crashlane.arming.ArmingPlan;
import org.crashlane.arming.ArmingPlan.Note;
import org.crashlane.arming.ArmingPlan.TablePart;
import org.crashlane.arming.DisarmResult;
import org.crashlane.arming.Refusal;
import org.crashlane.arming.Refused;
import org.crashlane.bits.Hex;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.Prediction;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Subject.Requesters;
import org.crashlane.rule.Verdict;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What became of arming and disarming, for people and for programs. */
public final class ArmingReport {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private ArmingReport() {}

  /**
   * {@return what was armed, a line for each table, and where the journal is; or why nothing had to
   * be written}
   *
   * @param machine which has the devices' names
   */
  public static String text(Done done, Machine machine) {
    return text(done.plan(), machine)
        + switch (done) {
          case Armed(ArmingPlan plan, Path journal) ->
              "%s written and read back; journal: %s%n"
                  .formatted(count(plan.stores().size(), "word", "words"), journal);
          case Unneeded _ -> "nothing had to be written\n";
        };
  }

  static String text(ArmingPlan plan, Machine machine) {
    StringBuilder out = new StringBuilder();
    for (TablePart part : plan.tables()) {
      out.append("table ")
          .append(part.table())
          .append(" of ")
          .append(
              part.devices().stream().map(d -> named(d, machine)).collect(Collectors.joining(", ")))
          .append(
              ": %s, %s"
                  .formatted(
                      count(part.leafCount(), "leaf", "leaves"),
                      count(part.tablePageCount(), "new table page", "new table pages")));
      if (part.alreadyMappedBytes() != 0) {
        out.append(", ").append(Sizes.binary(part.alreadyMappedBytes())).append(" already mapped");
      }
      out.append('\n');
    }
    plan.newPages().stream()
        .reduce((a, b) -> new AddressRange(a.first(), b.last()))
        .ifPresent(all -> out.append("the new table pages are in ").append(all).append("\n"));
    plan.notes()
        .forEach(note ->
            out.append("note: ")
                .append(SubjectText.of(note.subject()))
                .append(": ")
                .append(EvidenceText.inOneLine(note.evidence()))
                .append('\n'));
    return out.toString();
  }

  private static String named(RequesterId requester, Machine machine) {
    return machine.devices().stream()
        .filter(d -> d.requester().equals(requester) || d.aliases().contains(requester))
        .findFirst()
        .map(device -> requester + " " + device.name())
        .orElse(requester.toString());
  }

  /** {@return in one line why that is not enough, or nothing where the rule holds} */
  public static Optional<String> shortcoming(Verdict verdict) {
    return switch (verdict.answer()) {
      case HOLDS -> Optional.empty();
      case BROKEN -> Optional.of("the rule does not hold: " + of(Severity.BROKEN, verdict));
      case UNKNOWN ->
          Optional.of("whether the rule holds is unknown: " + of(Severity.UNKNOWN, verdict));
    };
  }

  static String count(long count, String one, String many) {
    return "%,d %s".formatted(count, count == 1 ? one : many);
  }

  private static String of(Severity severity, Verdict verdict) {
    return verdict.findings().stream()
        .filter(finding -> finding.severity() == severity)
        .map(finding -> finding.code().name() + " " + SubjectText.of(finding.subject()))
        .collect(Collectors.joining(", "));
  }

  /**
   * {@return what was armed, or that nothing had to be written, with the verdict on it and the
   * machine that was judged, as a whole document}
   */
  public static ObjectNode json(Done done, Verdict verdict, Machine machine) {
    ObjectNode node = forecast(verdict);
    switch (done) {
      case Armed armed -> node.put("outcome", "armed").put("journal", armed.journal().toString());
      case Unneeded _ -> node.put("outcome", "unneeded");
    }
    return withPlan(node, done.plan(), machine);
  }

  /**
   * {@return what would be written, with the verdict on the tables as they would be and on those
   * that are there now, as a whole document}
   */
  public static ObjectNode json(ArmingPlan plan, Verdict now, Verdict armed, Machine machine) {
    ObjectNode node =
        forecast(armed).put("outcome", plan.stores().isEmpty() ? "unneeded" : "planned");
    return withPlan(node, plan, machine).set("now", forecast(now));
  }

  /** {@return why arming would be refused, with the verdict on the tables that are there now} */
  public static ObjectNode json(Refused refused, Verdict now) {
    return json(refused).set("now", forecast(now));
  }

  /** {@return the verdict as a whole document, with what it predicts of the dump} */
  public static ObjectNode forecast(Verdict verdict) {
    return JsonReport.of(verdict).put("prediction", Prediction.of(Strategy.NONE, verdict).name());
  }

  private static ObjectNode withPlan(ObjectNode node, ArmingPlan plan, Machine machine) {
    return node.set("crashRanges", array(plan.windows(), w -> JsonReport.of(w.range())))
        .set("tables", array(plan.tables(), ArmingReport::json))
        .set("newPages", array(plan.newPages(), JsonReport::of))
        .put("storeCount", plan.stores().size())
        .set("notes", array(plan.notes(), ArmingReport::json))
        .set("machine", MachineJson.of(machine));
  }

  private static ObjectNode json(TablePart part) {
    return NODES
        .objectNode()
        .put("root", Hex.of(part.table().root()))
        .put("levels", part.table().levels())
        .put("leafCount", part.leafCount())
        .put("tablePageCount", part.tablePageCount())
        .put("alreadyMappedBytes", part.alreadyMappedBytes())
        .set("devices", names(part.devices()));
  }

  private static ObjectNode json(Note note) {
    return NODES
        .objectNode()
        .set("subject", FindingJson.of(note.subject()))
        .set("evidence", FindingJson.evidence(note.evidence()));
  }

  /** {@return why nothing was written, in one line} */
  public static String text(Refusal refusal) {
    String subject =
        refusal.subject() instanceof Requesters devices
            ? ObstacleText.devices(devices)
            : SubjectText.of(refusal.subject());
    String remedies = refusal.remedies().isEmpty() ? "" : ": " + RemedyText.of(refusal.remedies());
    return subject + ": " + EvidenceText.inOneLine(refusal.evidence()) + remedies;
  }

  private static ObjectNode json(Refusal refusal) {
    return NODES
        .objectNode()
        .put("kind", refusal.kind().name())
        .set("subject", FindingJson.of(refusal.subject()))
        .set("evidence", FindingJson.evidence(refusal.evidence()))
        .set("remedies", array(refusal.remedies(), FindingJson::of))
        .put("text", text(refusal));
  }

  /** {@return why nothing was written, as a whole document} */
  public static ObjectNode json(Refused refused) {
    return JsonReport.document()
        .put("outcome", "refused")
        .set("reasons", array(refused.reasons(), ArmingReport::json));
  }

  /** {@return what was taken back} */
  public static String text(DisarmResult result) {
    StringBuilder out = new StringBuilder();
    out.append(
        switch (result.standing()) {
          case IN_PLACE ->
              "%s restored, %,d already restored%n"
                  .formatted(
                      count(result.restoredCount(), "word", "words"), result.untouchedCount());
          case GONE ->
              "the armed tables are gone (was the guest restarted?): nothing was written\n";
          case TAKEN_BACK ->
              "already disarmed, nothing was written; words that are as they were before arming:"
                  + " %,d%n".formatted(result.untouchedCount());
        });
    result.refused().forEach(word -> out.append("left alone: ").append(word).append('\n'));
    for (AddressRange page : result.keptPages()) {
      out.append("left alone: table page ")
          .append(page)
          .append(": it has entries that crashlane did not write, or such lead to it\n");
    }
    for (AddressRange page : result.gonePages()) {
      out.append("left alone: page ")
          .append(page)
          .append(": no table leads to it any more, it may be in use for something else\n");
    }
    return out.toString();
  }

  /** {@return what was taken back, as a whole document} */
  public static ObjectNode json(DisarmResult result) {
    return NODES
        .objectNode()
        .put("version", JsonReport.VERSION)
        .put("outcome", result.isComplete() ? "disarmed" : "incomplete")
        .put("restoredCount", result.restoredCount())
        .put("untouchedCount", result.untouchedCount())
        .set("refused", names(result.refused()))
        .set("keptPages", array(result.keptPages(), page -> JsonReport.of(page)))
        .set("gonePages", array(result.gonePages(), page -> JsonReport.of(page)))
        .put("found", result.standing().name().toLowerCase(Locale.ROOT).replace('_', '-'));
  }
}
