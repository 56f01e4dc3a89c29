// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.crashlane.arming.ArmResult.Armed;
import org.crashlane.arming.ArmResult.Unneeded;
import org.crashlane.arming.ArmingPlan;
import org.crashlane.arming.Refusal;
import org.crashlane.arming.Refused;
import org.crashlane.arming.Target;
import org.crashlane.guest.live.OutsideHand.Judgement;
import org.crashlane.iommu.Window;
import org.crashlane.machine.Device;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.Machine;
import org.crashlane.machine.Source;
import org.crashlane.machine.Source.Aspect;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Subject.OfDevice;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class ArmCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final ArmCommand command =
      new ArmCommand(
          Terminal.plain(
              InputStream.nullInputStream(), new PrintWriter(out), new PrintWriter(err)));

  /** {@return {@code verdict} on a machine of which little is known} */
  static Judgement judged(Verdict verdict) {
    AddressRange ram = new AddressRange(0, 0x3fffffff);
    AddressRange crash = new AddressRange(0x2f000000, 0x3effffff);
    Machine machine =
        new Machine(List.of(ram), List.of(crash), List.of())
            .from(Aspect.CRASH_RANGES, Source.given("--crash-range"));
    return new Judgement(machine, verdict);
  }

  @Test
  void armedAndTheRuleHoldsIsZero() {
    assertEquals(0, command.done(armed(), judged(Verdict.of(List.of()))));
    assertEquals("", err.toString());
    assertTrue(out.toString().contains("\nHOLDS"), out.toString());
  }

  @Test
  void armedButTheRuleBrokenIsOneAndSaysWhy() {
    assertEquals(1, command.done(armed(), judged(verdict(Severity.BROKEN))));
    assertEquals("crashlane: armed, but the rule does not hold: A1 00:03.0 nvme\n", err.toString());
  }

  @Test
  void armedButTheRuleUnknownIsThree() {
    assertEquals(3, command.done(armed(), judged(verdict(Severity.UNKNOWN))));
    assertEquals(
        "crashlane: armed, but whether the rule holds is unknown: A1 00:03.0 nvme\n",
        err.toString());
  }

  @Test
  void nothingToWriteIsJudgedAsItIs() {
    Unneeded unneeded = new Unneeded(armed().plan());
    assertEquals(0, command.done(unneeded, judged(Verdict.of(List.of()))));
    assertTrue(out.toString().startsWith("nothing had to be written\n\nHOLDS"), out.toString());
    assertEquals("", err.toString());
    assertEquals(1, command.done(unneeded, judged(verdict(Severity.BROKEN))));
    assertEquals(
        "crashlane: nothing was written; the rule does not hold: A1 00:03.0 nvme\n",
        err.toString());
  }

  @Test
  void refusedIsTwoAndSaysThatNothingWasWritten() {
    assertEquals(
        2,
        command.refused(Refused.because(Refusal.Kind.CONFLICT, Part.ARMING, List.of(Fact.BUSY))));
    assertEquals("", out.toString());
    assertEquals(
        "crashlane: refused: arming: another hand is at work on it\ncrashlane: nothing was written\n",
        err.toString());
  }

  @Test
  void aRangeThatIsGivenTwiceIsOne() {
    Converters.register(new CommandLine(command))
        .parseArgs("--crash-range=1000000-1ffffff", "--crash-range=0x1000000-0x1ffffff", "qemu:/s");
    assertEquals(List.of(AddressRange.parse("0x1000000-0x1ffffff")), command.crashRanges());
  }

  private static Verdict verdict(Severity severity) {
    return Verdict.of(
        List.of(
            new Finding(
                FindingCode.A1,
                severity,
                new OfDevice(new Device(RequesterId.parse("00:03.0"), "nvme", DumpRole.NAMED)),
                List.of(),
                List.of(),
                List.of())));
  }

  private static Armed armed() {
    ArmingPlan plan =
        new ArmingPlan(
            new Target("guest", "guest"),
            Window.ofCrashRanges(List.of()),
            List.of(),
            List.of(),
            List.of(),
            List.of());
    return new Armed(plan, Path.of("guest.journal"));
  }
}
