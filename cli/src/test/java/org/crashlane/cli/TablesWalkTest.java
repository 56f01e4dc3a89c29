// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.crashlane.guest.live.GuestReader.Judged;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** A walk with a crash range shows the tables, and ends with the verdict on them. */
final class TablesWalkTest {
  private final StringWriter out = new StringWriter();
  private final TablesWalkCommand command =
      new TablesWalkCommand(
          Terminal.plain(
              InputStream.nullInputStream(),
              new PrintWriter(out),
              new PrintWriter(new StringWriter())));

  private ExitCode judged(Finding... findings) {
    Converters.register(new CommandLine(command))
        .parseArgs("qemu:/s", "--crash-range=2f000000-3effffff");
    Verdict verdict = Verdict.of(List.of(findings));
    return command.judged(new Judged(OutputSchemaTest.walk(), ArmCommandTest.judged(verdict)));
  }

  private static Finding finding(FindingCode code, Severity severity) {
    return new Finding(
        code, severity, Part.CRASH_RANGE, List.of(), List.of(Fact.NO_ENTRY), List.of());
  }

  @Test
  void itEndsWithTheOutcomeTheRuleAndTheFindings() {
    assertEquals(ExitCode.BROKEN, judged(finding(FindingCode.A1, Severity.BROKEN)));
    String shown = out.toString();
    int tables = shown.indexOf("\ntable 0x2337000 (3 levels) of 00:02.0");
    int result = shown.indexOf("\nRESULT    LOST  no dump (predicted)");
    int rule = shown.indexOf("\nRULE      BROKEN  A1");
    int findings = shown.indexOf("\nA1  broken  the crash range");
    assertTrue(0 < tables && tables < result && result < rule && rule < findings, shown);
  }

  @Test
  void aRangeThatIsNotConfirmedIsUnknown() {
    assertEquals(ExitCode.UNKNOWN, judged(finding(FindingCode.M3, Severity.UNKNOWN)));
    assertTrue(out.toString().contains("M3: crash range not confirmed"), out.toString());
  }

  @Test
  void wellSetUpIsZero() {
    assertEquals(ExitCode.HOLDS, judged());
  }
}
