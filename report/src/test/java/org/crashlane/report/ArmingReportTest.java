// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.crashlane.arming.ArmResult.Armed;
import org.crashlane.arming.ArmingPlan;
import org.crashlane.arming.ArmingPlan.Note;
import org.crashlane.arming.ArmingPlan.TablePart;
import org.crashlane.arming.DisarmResult;
import org.crashlane.arming.DisarmResult.RefusedWord;
import org.crashlane.arming.DisarmResult.Standing;
import org.crashlane.arming.Refusal;
import org.crashlane.arming.Refused;
import org.crashlane.arming.Target;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
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
import org.crashlane.rehearsal.CaptureKernel.State;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Reading.Mapped;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Subject.AddressSpace;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Subject.Requesters;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.api.Test;

class ArmingReportTest {
  private static final RequesterId DISK = RequesterId.parse("00:02.0");
  private static final AddressRange CRASH = new AddressRange(0x2f000000, 0x3effffff);
  private static final Store STORE = new Store(0x2337000, 0, 0x10000003);
  private static final AddressRange PAGE = AddressRange.ofSize(0x10000000, 4096);

  @Test
  void whatWasArmedIsSaidTableByTable() throws IOException {
    Golden.check("armed.txt", ArmingReport.text(armed(), machine()));
    Golden.check(
        "armed.json",
        JsonReport.text(ArmingReport.json(armed(), Verdict.of(List.of()), machine())));
  }

  /** {@return what is known of a guest, of which only the disk has a name} */
  private static Machine machine() {
    return new Machine(
            List.of(new AddressRange(0, 0x3fffffff)),
            List.of(CRASH),
            List.of(new Device(DISK, "nvme", DumpRole.GUESSED)))
        .from(Aspect.CRASH_RANGES, Source.given("--crash-range"));
  }

  @Test
  void aDryRunSaysWhatWouldBeWrittenAndTheVerdictBeforeAndAfter() throws IOException {
    Golden.check(
        "dry-run.txt",
        new ForecastReport(80, Colours.off())
            .ofPlan(
                armed().plan(),
                machine(),
                new CaptureKernel(MappingMode.VTD, State.LOADED_BLIND, "maxcpus=1 reset_devices"),
                Verdicts.broken(),
                Verdicts.holds(),
                "crashlane arm qemu:/run/guest.qmp --when-crashed"));
    Golden.check(
        "dry-run.json",
        JsonReport.text(
            ArmingReport.json(armed().plan(), Verdicts.broken(), Verdicts.holds(), machine())));
  }

  @Test
  void aDryRunThatWouldBeRefusedHasTheVerdictOnWhatIsThere() throws IOException {
    Refused refused = Refused.because(Refusal.Kind.LIVING, Part.ARMING, List.of(Fact.GUEST_LIVES));
    Golden.check(
        "dry-run-refused.json", JsonReport.text(ArmingReport.json(refused, Verdicts.unknown())));
  }

  @Test
  void aRefusalNamesItsKindForPrograms() throws IOException {
    Refused refused =
        Refused.because(
            Refusal.Kind.CONFLICT,
            new AddressSpace(
                new TableId(0x2337000, Geometry.of(12, 3)),
                List.of(RequesterId.parse("00:02.0")),
                List.of()),
            List.of(new Mapped(new Mapping(CRASH, 0x5000, Permissions.READ_WRITE))),
            Step.RESERVE_IOVAS);
    Golden.check("refused.json", JsonReport.text(ArmingReport.json(refused)));
  }

  @Test
  void whatDisarmingHadToLeaveIsNamed() throws IOException {
    DisarmResult result =
        new DisarmResult(
            514,
            1,
            List.of(new RefusedWord(STORE, 0x5003)),
            List.of(PAGE),
            List.of(),
            Standing.IN_PLACE);
    Golden.check("disarm-incomplete.txt", ArmingReport.text(result));
    Golden.check("disarm-incomplete.json", JsonReport.text(ArmingReport.json(result)));
  }

  @Test
  void tablesThatAreGoneAreTold() throws IOException {
    DisarmResult result =
        new DisarmResult(0, 0, List.of(), List.of(), List.of(PAGE), Standing.GONE);
    Golden.check("disarm-gone.txt", ArmingReport.text(result));
    Golden.check("disarm-gone.json", JsonReport.text(ArmingReport.json(result)));
  }

  @Test
  void anArmingThatWasTakenBackBeforeIsNotCalledInPlace() throws IOException {
    DisarmResult result =
        new DisarmResult(0, 386, List.of(), List.of(), List.of(), Standing.TAKEN_BACK);
    Golden.check("disarm-again.txt", ArmingReport.text(result));
    Golden.check("disarm-again.json", JsonReport.text(ArmingReport.json(result)));
  }

  @Test
  void whatIsLackingAfterArmingIsOneLine() {
    assertEquals(Optional.empty(), ArmingReport.shortcoming(Verdicts.holds()));
    assertEquals(
        Optional.of(
            "the rule does not hold: A1 00:03.0 nvme and 1 more, table 0x1003000 (3 levels)"),
        ArmingReport.shortcoming(Verdicts.broken()));
    assertEquals(
        Optional.of("whether the rule holds is unknown: A3 00:03.0 nvme"),
        ArmingReport.shortcoming(Verdicts.unknown()));
  }

  private static Armed armed() {
    RequesterId card = RequesterId.parse("00:1f.3");
    ArmingPlan plan =
        new ArmingPlan(
            new Target("guest", "guest"),
            Window.ofCrashRanges(List.of(CRASH)),
            List.of(
                new TablePart(new TableId(0x2337000, Geometry.of(12, 3)), List.of(DISK), 128, 1, 0),
                new TablePart(
                    new TableId(0x23e9000, Geometry.of(12, 3)), List.of(card), 0, 0, 0x10000000)),
            List.of(PAGE),
            List.of(STORE),
            List.of(new Note(new Requesters(RequesterId.parse("00:05.0")), Fact.REACHES_AS_IT_IS)));
    return new Armed(plan, Path.of("guest.journal"));
  }
}
