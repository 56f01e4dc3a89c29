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
import org.crashlane.guest.live.DryRun.Result.NotPossible;
import org.crashlane.guest.live.DryRun.Result.Possible;
import org.crashlane.guest.live.OutsideHand.Judgement;
import org.crashlane.iommu.Window;
import org.crashlane.machine.Device;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.Machine;
import org.crashlane.machine.Source;
import org.crashlane.machine.Source.Aspect;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Store;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.CaptureKernel;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Subject.OfDevice;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class ArmCommandTest {
  private static final Store STORE = new Store(0x1000, 0, 3);

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final ArmCommand command =
      new ArmCommand(
          Terminal.plain(
              InputStream.nullInputStream(), new PrintWriter(out), new PrintWriter(err)));

  @BeforeEach
  void parse() {
    Converters.register(new CommandLine(command)).parseArgs("qemu:/s");
  }

  /** {@return {@code verdict} on a machine of which little is known} */
  static Judgement judged(Verdict verdict) {
    AddressRange ram = new AddressRange(0, 0x3fffffff);
    AddressRange crash = new AddressRange(0x2f000000, 0x3effffff);
    Machine machine =
        new Machine(List.of(ram), List.of(crash), List.of())
            .from(Aspect.CRASH_RANGES, Source.given("--crash-range"));
    return new Judgement(
        machine, verdict, new CaptureKernel(MappingMode.VTD, CaptureKernel.State.LOADED_BLIND, ""));
  }

  @Test
  void armedAndTheRuleHoldsIsZero() {
    assertEquals(0, command.done(armed(), judged(Verdict.of(List.of()))));
    assertEquals("", err.toString());
    assertTrue(out.toString().startsWith("RESULT    ok  dump complete"), out.toString());
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
    assertTrue(
        out.toString().contains("RULE      HOLDS\n\nnothing had to be written\n\nHOLDS"),
        out.toString());
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
        "crashlane: refused: arming: another process works on it\ncrashlane: nothing was written\n",
        err.toString());
  }

  @Test
  void aDryRunEndsAsArmingWouldAndShowsBothVerdicts() {
    Judgement broken = judged(verdict(Severity.BROKEN));
    Judgement holds = judged(Verdict.of(List.of()));
    assertEquals(0, command.dryRun(new Possible(plan(STORE), broken, holds)));
    List<String> lines = out.toString().lines().toList();
    assertEquals("RESULT    ok  once armed: dump complete (predicted)", lines.getFirst());
    assertEquals("  now     LOST  no dump (predicted)", lines.get(1));
    assertTrue(out.toString().contains("nothing was written: this is a dry run"), out.toString());
    assertTrue(out.toString().contains("crashlane arm qemu:/s --when-crashed"), out.toString());
    assertEquals(1, command.dryRun(new Possible(plan(), broken, broken)));
    assertEquals(3, command.dryRun(new Possible(plan(), holds, judged(verdict(Severity.UNKNOWN)))));
  }

  @Test
  void aDryRunThatWouldBeRefusedIsTwoAndShowsTheVerdictOnWhatIsThere() {
    Refused refused = Refused.because(Refusal.Kind.IN_USE, Part.ARMING, List.of(Fact.BUSY));
    Judgement now = judged(verdict(Severity.BROKEN));
    assertEquals(2, command.dryRun(new NotPossible(refused, now)));
    assertTrue(out.toString().startsWith("RESULT    LOST  no dump (predicted)\n"), out.toString());
    assertTrue(err.toString().contains("crashlane: nothing was written"), err.toString());
  }

  @Test
  void whatADryRunCannotHeedIsRefused() {
    for (String line :
        List.of(
            "arm --dry-run qemu:/a qemu:/b",
            "arm --dry-run --timeout 5 qemu:/a",
            "arm --dry-run qemu:/no/such/guest",
            "arm qemu:/a",
            "tables walk --device 00:02.0 qemu:/a")) {
      Run run = Run.of(line.split(" "));
      assertEquals(2, run.code(), line);
      assertEquals("", run.out(), line);
    }
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

  private static ArmingPlan plan(Store... stores) {
    return new ArmingPlan(
        new Target("guest", "guest"),
        Window.ofCrashRanges(List.of()),
        List.of(),
        List.of(),
        List.of(stores),
        List.of());
  }

  private static Armed armed() {
    return new Armed(plan(), Path.of("guest.journal"));
  }
}
