// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.crashlane.report.JsonReport.array;
import static org.crashlane.report.JsonReport.names;

import java.util.List;
import org.crashlane.model.explore.Counterexample;
import org.crashlane.model.explore.Exploration;
import org.crashlane.report.JsonReport;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Explorations for programs.
 *
 * <pre>
 * {"version": 2, "explorations": [
 *   {"machine": "small vtd", "mapping": "vtd", "strategy": "reserve", "complete": true,
 *    "stateCount": 1, "transitionCount": 1, "depth": 1, "dumpCount": 0, "lostCount": 1,
 *    "counterexamples": [
 *      {"violation": "CAPTURE_BLOCKED", "meaning": "...", "steps": ["panic", "..."],
 *       "trace": ["..."]}]}]}
 * </pre>
 */
final class ExplorationJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private ExplorationJson() {}

  /** {@return the explorations as a whole document} */
  static ObjectNode of(List<Exploration> explored) {
    return JsonReport.document().set("explorations", array(explored, ExplorationJson::of));
  }

  private static ObjectNode of(Exploration e) {
    return NODES
        .objectNode()
        .put("machine", e.plan().machine().name())
        .put("mapping", e.plan().machine().mode().label())
        .put("strategy", e.plan().strategy().label())
        .put("complete", e.isComplete())
        .put("stateCount", e.stateCount())
        .put("transitionCount", e.transitionCount())
        .put("depth", e.depth())
        .put("dumpCount", e.dumpCount())
        .put("lostCount", e.lostCount())
        .set("counterexamples", array(e.counterexamples(), c -> of(e, c)));
  }

  private static ObjectNode of(Exploration e, Counterexample c) {
    return NODES
        .objectNode()
        .put("violation", c.violation().kind().name())
        .put("meaning", c.violation().kind().meaning())
        .set("steps", names(List.of(c.text(e.plan().machine()).split(",", -1))))
        .set("trace", names(Explorations.trace(c, e.plan().machine())));
  }
}
