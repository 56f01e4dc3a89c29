// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.crashlane.report.JsonReport.array;

import java.util.List;
import org.crashlane.rehearsal.Rehearsal;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Machines by strategies, for programs. There are no times in it: the same machine and seed give
 * the same bytes.
 *
 * <pre>
 * {"version": 2, "cells": [
 *   {"machine": "vtd", "mapping": "vtd", "strategy": "none", "answer": "BROKEN",
 *    "outcome": {"grade": "BAD", "dump": "NONE", "memory": "UNCHANGED"}, "outcomeCount": 10,
 *    "runCount": 10, "dumpCount": 0, "worstSeed": 1,
 *    "runs": [{"seed": 1, rehearsal}]}]}
 * </pre>
 *
 * <p>Rehearsals are as {@link RehearsalJson} writes them, without their times.
 */
public final class MatrixJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private MatrixJson() {}

  /** {@return the matrix as a whole document} */
  public static ObjectNode of(List<MatrixCell> cells) {
    return JsonReport.document().set("cells", array(cells, MatrixJson::of));
  }

  private static ObjectNode of(MatrixCell cell) {
    ObjectNode node =
        NODES
            .objectNode()
            .put("machine", cell.machine())
            .put("mapping", cell.mode().label())
            .put("strategy", cell.strategy().label())
            .put("answer", cell.answer().name())
            .put("outcomeCount", cell.outcomeCount())
            .put("runCount", cell.runs().size())
            .put("dumpCount", cell.dumpCount())
            .put("worstSeed", cell.worstSeed());
    node.set("outcome", RehearsalJson.of(cell.outcome()));
    ArrayNode runs = node.putArray("runs");
    long seed = cell.firstSeed();
    for (Rehearsal rehearsal : cell.runs()) {
      runs.addObject().put("seed", seed++).setAll(RehearsalJson.withoutTimes(rehearsal));
    }
    return node;
  }
}
