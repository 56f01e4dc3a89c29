// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.explore;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;

/** The proof in docs/rule.md that reserving is not enough is what the explorer finds. */
final class DocsTraceTest {

  @Test
  void theTraceInTheDocsIsTheExplorers() throws IOException, InterruptedException {
    Counterexample example =
        Explorer.explore(
                SmallMachine.plan(MappingMode.VTD, Strategy.RESERVE),
                ExplorerLimits.usual(),
                _ -> {})
            .counterexamples()
            .stream()
            .filter(c -> c.violation().kind() == Kind.CAPTURE_BLOCKED)
            .findFirst()
            .orElseThrow();
    StringBuilder block = new StringBuilder("```\n");
    example.trace().forEach(line -> block.append("  ").append(line).append('\n'));
    String docs = Files.readString(DocsTable.DOCS.resolve("rule.md"));
    assertTrue(docs.contains(block.append("```\n")), "docs/rule.md wants\n" + block);
  }
}
