// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.List;
import org.crashlane.model.explore.Counterexample;
import org.crashlane.model.explore.Exploration;
import org.crashlane.report.JsonReport;
import tools.jackson.databind.node.ArrayNode;
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
    ObjectNode node = NODES.objectNode().put("version", JsonReport.VERSION);
    ArrayNode array = node.putArray("explorations");
    explored.forEach(e -> array.add(of(e)));
    return node;
  }

  private static ObjectNode of(Exploration e) {
    ObjectNode node =
        NODES
            .objectNode()
            .put("machine", e.plan().machine().name())
            .put("mapping", e.plan().machine().mode().label())
            .put("strategy", e.plan().strategy().label())
            .put("complete", e.isComplete())
            .put("stateCount", e.stateCount())
            .put("transitionCount", e.transitionCount())
            .put("depth", e.depth())
            .put("dumpCount", e.dumpCount())
            .put("lostCount", e.lostCount());
    ArrayNode array = node.putArray("counterexamples");
    e.counterexamples().forEach(c -> array.add(of(e, c)));
    return node;
  }

  private static ObjectNode of(Exploration e, Counterexample c) {
    ObjectNode node =
        NODES
            .objectNode()
            .put("violation", c.violation().kind().name())
            .put("meaning", c.violation().kind().meaning());
    ArrayNode steps = node.putArray("steps");
    for (String step : c.text(e.plan().machine()).split(",", -1)) {
      steps.add(step);
    }
    ArrayNode trace = node.putArray("trace");
    c.trace().forEach(trace::add);
    return node;
  }
}
