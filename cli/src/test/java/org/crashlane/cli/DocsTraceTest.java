// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.explore.Counterexample;
import org.crashlane.model.explore.Explorer;
import org.crashlane.model.explore.ExplorerLimits;
import org.crashlane.model.explore.SmallMachine;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;

/** The proof in docs/rule.md that reserving is not enough is what the explorer finds. */
final class DocsTraceTest {

  @Test
  void theTraceInTheDocsIsTheExplorers() throws IOException, InterruptedException {
    CrashPlan plan = SmallMachine.plan(MappingMode.VTD, Strategy.RESERVE);
    Counterexample example =
        Explorer.explore(plan, ExplorerLimits.usual(), _ -> {}).counterexamples().stream()
            .filter(c -> c.violation().kind() == Kind.CAPTURE_BLOCKED)
            .findFirst()
            .orElseThrow();
    StringBuilder block = new StringBuilder("```\n");
    Explorations.trace(example, plan.machine())
        .forEach(line -> block.append("  ").append(line).append('\n'));
    String docs = Files.readString(Path.of("..", "docs", "rule.md"));
    assertTrue(docs.contains(block.append("```\n")), "docs/rule.md wants\n" + block);
  }
}
