// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.crashlane.report.JsonReport.array;

import java.util.List;
import org.crashlane.rehearsal.CrashOutcome;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.DumpOutcome.Damaged;
import org.crashlane.rehearsal.DumpOutcome.Missing;
import org.crashlane.rehearsal.DumpOutcome.NoRoom;
import org.crashlane.rehearsal.DumpOutcome.Unread;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.DumpOutcome.WrittenBut;
import org.crashlane.rehearsal.Frames;
import org.crashlane.rehearsal.Observations;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Tally;
import org.crashlane.rule.Evidence;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Rehearsals for programs.
 *
 * <pre>
 * {"version": 2, "rehearsals": [
 *   {"mapping": "vtd", "strategy": "identity", "hand": "outside" | null, "prediction": "DUMP", "asPredicted": true,
 *    "outcome": {"grade": "GOOD", "dump": "WHOLE", "memory": "UNCHANGED"},
 *    "dump": {"outcome": "written" | "writtenbut" | "missing" | "damaged" | "noroom" | "unread", ...},
 *    "faultsAfterCrash": [evidence], "registerWritesAfterCrash": [evidence],
 *    "detection": [evidence], "translatingAtEnd": true,
 *    "tally": {"corruptedByteCount": 0, "leftoverPassedCount": 0, "leftoverBlockedCount": 0,
 *              "arming": {"tablePageCount": 0, "entryCount": 0, "tableBytes": 0, "stepCount": 0}}
 *             | null,
 *    "kernels": {"release": "6.1.0", "captureRelease": "6.1.0",
 *                "primaryArguments": "…", "captureArguments": "…",
 *                "frames": [{"card": "00:02.0", "sentCount": 0, "mappedBytes": 0, "astrayBytes": 0,
 *                            "astray": [{"bytes": 0, "sample": "63727368…", "pages": range}]}], "qemu": "…"} | null,
 *    "tablesBeforeCrash": {verdict}, "verdict": {verdict},
 *    "wallMillis": 15000, "machineMillis": 14000}]}
 * </pre>
 *
 * <p>Verdicts are as {@link JsonReport} writes them.
 */
public final class RehearsalJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private RehearsalJson() {}

  /** {@return the rehearsals as a whole document} */
  public static ObjectNode of(List<Rehearsal> rehearsals) {
    return JsonReport.document().set("rehearsals", array(rehearsals, RehearsalJson::of));
  }

  private static ObjectNode of(Rehearsal rehearsal) {
    return withoutTimes(rehearsal)
        .put("wallMillis", rehearsal.wallTime().toMillis())
        .put("machineMillis", rehearsal.machineTime().toMillis());
  }

  /** {@return the rehearsal but for how long it took, which no two runs share} */
  static ObjectNode withoutTimes(Rehearsal rehearsal) {
    Observations observations = rehearsal.observations();
    ObjectNode node =
        NODES
            .objectNode()
            .put("mapping", rehearsal.scenario().mode().label())
            .put("strategy", rehearsal.scenario().strategy().label());
    rehearsal
        .scenario()
        .hand()
        .ifPresentOrElse(h -> node.put("hand", h.label()), () -> node.putNull("hand"));
    node.put("prediction", rehearsal.prediction().name())
        .put("asPredicted", rehearsal.asPredicted());
    node.set("outcome", of(rehearsal.outcome()));
    node.set("dump", of(observations.dump()));
    node.set("faultsAfterCrash", FindingJson.evidence(observations.faultsAfterCrash()));
    node.set(
        "registerWritesAfterCrash", FindingJson.evidence(observations.registerWritesAfterCrash()));
    node.set("detection", FindingJson.evidence(observations.detection()));
    node.put("translatingAtEnd", observations.translatingAtEnd());
    switch (observations.account()) {
      case Tally tally -> node.putNull("kernels").set("tally", of(tally));
      case Observations.Kernels kernels -> node.putNull("tally").set("kernels", of(kernels));
    }
    node.set("tablesBeforeCrash", JsonReport.of(rehearsal.tablesBeforeCrash()));
    node.set("verdict", JsonReport.of(rehearsal.verdict()));
    return node;
  }

  /** {@return what became of the dump and of other memory, and whether that is good} */
  static ObjectNode of(CrashOutcome outcome) {
    return NODES
        .objectNode()
        .put("grade", outcome.grade().name())
        .put("dump", outcome.dump().name())
        .put("memory", outcome.memory().name());
  }

  private static ObjectNode of(Observations.Kernels kernels) {
    return NODES
        .objectNode()
        .put("release", kernels.release())
        .put("captureRelease", kernels.captureRelease())
        .put("primaryArguments", kernels.primaryArguments())
        .put("captureArguments", kernels.captureArguments())
        .put("qemu", kernels.qemu())
        .set("frames", array(kernels.frames(), RehearsalJson::of));
  }

  private static ObjectNode of(Frames frames) {
    return NODES
        .objectNode()
        .put("card", frames.card().toString())
        .put("sentCount", frames.sentCount())
        .put("mappedBytes", frames.mappedBytes())
        .put("astrayBytes", frames.astrayBytes())
        .set(
            "astray",
            array(
                frames.astray(),
                a ->
                    NODES
                        .objectNode()
                        .put("bytes", a.bytes())
                        .put("sample", a.sample())
                        .set("pages", JsonReport.of(a.pages()))));
  }

  private static ObjectNode of(Tally tally) {
    return NODES
        .objectNode()
        .put("corruptedByteCount", tally.corruptedByteCount())
        .put("leftoverPassedCount", tally.leftoverPassedCount())
        .put("leftoverBlockedCount", tally.leftoverBlockedCount())
        .set(
            "arming",
            NODES
                .objectNode()
                .put("tablePageCount", tally.arming().tablePageCount())
                .put("entryCount", tally.arming().entryCount())
                .put("tableBytes", tally.arming().tableBytes())
                .put("stepCount", tally.arming().stepCount()));
  }

  private static ObjectNode of(DumpOutcome dump) {
    return switch (dump) {
      case Written w -> of("written", w);
      case WrittenBut w ->
          of("writtenbut", w.written())
              .set(
                  "changed",
                  array(
                      w.changed(),
                      c ->
                          NODES
                              .objectNode()
                              .put("part", c.part().name())
                              .put("pageCount", c.pageCount())));
      case Missing(List<Evidence> reasons) -> without("missing", reasons);
      case Damaged(List<Evidence> reasons) -> without("damaged", reasons);
      case NoRoom(Evidence reason) -> without("noroom", List.of(reason));
      case Unread(List<Evidence> reasons) -> without("unread", reasons);
    };
  }

  private static ObjectNode of(String outcome, Written dump) {
    return NODES
        .objectNode()
        .put("outcome", outcome)
        .put("comparedPageCount", dump.comparedPageCount())
        .put("release", dump.release())
        .put("sizeBytes", dump.sizeBytes());
  }

  private static ObjectNode without(String outcome, List<Evidence> reasons) {
    return NODES.objectNode().put("outcome", outcome).set("reasons", FindingJson.evidence(reasons));
  }
}
