// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.vtd.FaultReason;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.Aftermath;
import org.crashlane.rehearsal.CrashOutcome;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.DumpOutcome.Damaged;
import org.crashlane.rehearsal.DumpOutcome.Missing;
import org.crashlane.rehearsal.DumpOutcome.NoRoom;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.Frames;
import org.crashlane.rehearsal.Frames.Astray;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Observations;
import org.crashlane.rehearsal.Prediction;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Evidence.Quote;
import org.crashlane.rule.Evidence.Source;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Sighting.Blocked;
import org.crashlane.rule.Sighting.Faulted;
import org.crashlane.rule.Sighting.From;
import org.crashlane.rule.Sighting.Meant;
import org.crashlane.rule.Sighting.RegisterId;
import org.crashlane.rule.Sighting.RegisterValue;
import org.crashlane.rule.Sighting.RegisterWritten;
import org.crashlane.rule.Sighting.Translation;
import org.crashlane.rule.Sighting.Violated;
import org.crashlane.rule.Subject.OfDevice;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Subject.Requesters;
import org.crashlane.rule.Subject.Requests;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.api.Test;

class RehearsalReportTest {
  private static final Observations.Kernels KERNELS =
      new Observations.Kernels(
          "6.1.0-56-cloud-amd64",
          "6.1.0-56-cloud-amd64",
          "intel_iommu=on crashkernel=256M",
          "maxcpus=1 reset_devices",
          List.of(),
          "QEMU emulator version 7.2.22");

  private static final RequesterId CARD = RequesterId.parse("00:02.0");
  private static final Finding UNMAPPED = finding(FindingCode.A1, Severity.BROKEN);
  private static final Finding LEFTOVER = finding(FindingCode.L2, Severity.NOTE);
  private static final DumpOutcome DUMP = new Written(2002, "6.1.0-56-cloud-amd64", 116_006_912);
  private static final RegisterValue RAW = new RegisterValue(0x1000);
  private static final RehearsalReport REPORT = new RehearsalReport(100, Colours.off());

  @Test
  void everyStrategyIsARow() throws IOException {
    Golden.check("rehearsals.txt", REPORT.table(all()));
  }

  @Test
  void programsGetTheSameAsJson() throws IOException {
    Golden.check("rehearsals.json", JsonReport.text(RehearsalJson.of(all())));
  }

  @Test
  void detailsOfALostDumpNameTheFaults() throws IOException {
    Golden.check("rehearsal-none.txt", REPORT.details(none(), ""));
  }

  @Test
  void anOutcomeThatWasNotExpectedIsSaid() {
    Rehearsal lost =
        rehearsal(
            Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.INSIDE),
            Verdict.of(List.of()),
            observations(new Damaged(Fact.NO_RELEASE_IN_DUMP), List.of(), true));
    assertTrue(REPORT.screen(lost, "").contains("not what the tables predict: dump"));
    assertFalse(REPORT.screen(none(), "").contains("not what"));
  }

  @Test
  void aCrashRangeThatIsTooSmallIsAnOutcomeOfItsOwn() {
    Rehearsal untried =
        rehearsal(
            Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.OUTSIDE),
            Verdict.of(List.of()),
            observations(
                new NoRoom(new Quote(Source.CAPTURE_KERNEL, "Out of memory")), List.of(), true));
    String screen = REPORT.screen(untried, "");
    assertTrue(
        screen.contains("RESULT    NO ROOM  not tried: the crashkernel reservation is too small\n"),
        screen);
    assertTrue(screen.contains("  dump    the capture kernel said: Out of memory\n"), screen);
    assertFalse(screen.contains("not what"), screen);
    assertTrue(REPORT.table(List.of(untried)).contains("NO ROOM"));
    assertEquals(
        "{\"outcome\":\"noroom\",\"reasons\":[{\"kind\":\"quote\",\"source\":\"CAPTURE_KERNEL\","
            + "\"line\":\"Out of memory\",\"text\":\"the capture kernel said: Out of memory\"}]}",
        RehearsalJson.of(List.of(untried)).at("/rehearsals/0/dump").toString());
  }

  @Test
  void aDumpThatGotThroughInSpiteOfFaultsIsSaid() {
    Rehearsal both =
        rehearsal(
            Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.INSIDE),
            Verdict.of(List.of()),
            observations(DUMP, List.of(blocked(0x1000)), true));
    String screen = REPORT.screen(both, "");
    assertTrue(screen.contains("RESULT    ok  dump complete; other memory not watched\n"), screen);
    assertTrue(screen.contains("  IOMMU   1 fault after the panic; first: read of 0x1000"), screen);
  }

  @Test
  void whatNeededNoArmingIsSaid() {
    Finding passing =
        Finding.note(
            FindingCode.A1,
            new Requesters(RequesterId.of(0, 1, 0)),
            List.of(Fact.REACHES_AS_IT_IS));
    String screen =
        REPORT.screen(
            rehearsal(
                Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.OUTSIDE),
                Verdict.of(List.of(passing)),
                observations(DUMP, List.of(), true)),
            "");
    assertTrue(
        screen
            .replaceAll("\\s+", " ")
            .contains(
                "NOTE 00:01.0 passes untranslated, and reaches the crash range as it is: nothing"
                    + " was armed RULE HOLDS"),
        screen);
  }

  @Test
  void faultsOfSeveralDevicesAreToldApart() {
    List<Evidence> faults =
        List.of(
            blocked(0x1000),
            new Blocked(RequesterId.of(0, 2, 0), 0x2000),
            new Blocked(RequesterId.of(0, 2, 0), 0x3000));
    String screen =
        REPORT.screen(
            rehearsal(
                Scenario.of(MappingMode.VTD, Strategy.ADOPT),
                Verdict.of(List.of()),
                observations(DUMP, faults, true)),
            "");
    assertTrue(screen.contains(", by 00:01.0 (1) and 00:02.0 (2); first: read of 0x1000"), screen);
  }

  @Test
  void leftoversStandInTheTableOnlyOnceTranslationIsOff() {
    Verdict tables = Verdict.of(List.of(LEFTOVER));
    Scenario off = Scenario.of(MappingMode.VTD, Strategy.OFF);
    String row =
        REPORT.table(List.of(rehearsal(off, tables, observations(DUMP, List.of(), false))));
    assertTrue(row.contains("(L2)"), row);
    Scenario armed = Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.OUTSIDE);
    row = REPORT.table(List.of(rehearsal(armed, tables, observations(DUMP, List.of(), true))));
    assertFalse(row.contains("L2"), row);
    assertEquals(2, row.lines().count());
  }

  @Test
  void aScreenFitsEightyColumns() throws IOException {
    RehearsalReport narrow = new RehearsalReport(80, Colours.off());
    StringBuilder screens = new StringBuilder();
    all().forEach(r -> screens.append(narrow.screen(r, "")).append('\n'));
    Golden.check("rehearsal-screens.txt", screens.toString());
    screens.toString().lines().forEach(line -> assertTrue(line.length() <= 80, line));
  }

  /** Of a good outcome with the rule broken both are said, and nothing has to be changed. */
  @Test
  void aGoodDumpWithTheRuleBrokenReadsSo() {
    Rehearsal adopted =
        rehearsal(
            Scenario.of(MappingMode.VTD, Strategy.ADOPT),
            Verdict.of(List.of()),
            new Observations(
                DUMP,
                List.of(),
                List.of(RegisterWritten.of(new RegisterId("RTADDR", 0x20), List.of(RAW))),
                List.of(),
                true,
                KERNELS));
    String screen = REPORT.screen(adopted, "");
    assertTrue(screen.contains("RESULT    ok  dump complete; other memory not watched\n"), screen);
    assertTrue(
        screen.contains("RULE      BROKEN  C2: capture kernel wrote to the IOMMU\n"), screen);
    assertTrue(screen.contains("FIX       nothing for this dump; for the rule: "), screen);
    assertEquals(CrashOutcome.Grade.GOOD, adopted.outcome().grade());
  }

  @Test
  void whereFramesOfANetworkCardWentIsSaidInBytes() {
    String kept = REPORT.screen(received(new Frames(CARD, 125, List.of(), 29_632, List.of())), "");
    assertTrue(kept.contains("RESULT    ok  dump complete; other memory not watched\n"), kept);
    assertTrue(
        kept.replaceAll("\n +", " ")
            .contains(
                "frames  125 sent to 00:02.0 while the capture kernel ran: 29,632 bytes in pages"
                    + " that are mapped for it, none in other memory of the dead kernel"),
        kept);
    Astray hit = new Astray(new AddressRange(0x8000000, 0x8000fff), 240, "63727368" + "6c616e65");
    Frames astray = new Frames(CARD, 125, List.of(), 0, List.of(hit, hit, hit, hit));
    String overwritten = REPORT.screen(received(astray), "");
    assertTrue(overwritten.contains("RESULT    ok!  dump complete, and other"), overwritten);
    assertTrue(
        overwritten
            .replaceAll("\n +", " ")
            .contains(
                "960 bytes OVERWROTE other memory of the dead kernel: 0x8000000-0x8000fff (240 bytes,"
                    + " first: 63727368 6c616e65), "),
        overwritten);
    assertTrue(overwritten.contains("and 1 more places"), overwritten);
    assertEquals(
        "{\"card\":\"00:02.0\",\"sentCount\":125,\"mappedBytes\":0,\"astrayBytes\":960}",
        RehearsalJson.of(List.of(received(astray)))
            .at("/rehearsals/0/kernels/frames/0")
            .toString()
            .replaceAll(",\"astray\":.*", "}"));
  }

  @Test
  void framesThatAreFoundNowhereAreNotSaidToBeKeptAway() {
    String screen = REPORT.screen(received(new Frames(CARD, 125, List.of(), 0, List.of())), "");
    assertTrue(
        screen.replaceAll("\n +", " ").contains("whether any got through is not known"), screen);
  }

  private static Rehearsal received(Frames frames) {
    return rehearsal(
        Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.OUTSIDE),
        Verdict.of(List.of()),
        new Observations(
            DUMP,
            List.of(),
            List.of(),
            List.of(),
            true,
            new Observations.Kernels(
                "6.1.0", "6.1.0", "intel_iommu=on", "", List.of(frames), "QEMU")));
  }

  @Test
  void theTwoPathsOfOneRequestAreDrawn() {
    Violated astray =
        new Violated(
            13,
            661,
            FaultReason.NO_READ_PERMISSION,
            new Requests(Verdicts.device("02:00.0", "wlan"), Access.WRITE),
            0x3fffe000,
            0x3fffe000,
            16,
            List.of(new Meant(0x37ffd000)));
    Finding reached = Finding.broken(FindingCode.L1, Part.MEMORY, List.of(astray));
    Rehearsal before = none();
    Rehearsal seen =
        new Rehearsal(
            Scenario.of(MappingMode.VTD, Strategy.OFF),
            Verdict.of(List.of()),
            Prediction.DUMP,
            observations(DUMP, List.of(), false),
            Verdict.of(List.of(reached)),
            before.wallTime(),
            before.machineTime());
    String screen = REPORT.screen(seen, "");
    assertTrue(
        screen.contains(
            "  before  02:00.0 wlan writes 0x3fffe000 --[IOMMU]--> 0x37ffd000  its buffer\n"
                + "  after   02:00.0 wlan writes 0x3fffe000 -----------> 0x3fffe000  CRASH RANGE, 13"
                + " times\n"),
        screen);
    assertTrue(
        REPORT
            .screen(before, "")
            .contains(
                "  after   00:01.0 reads 0x3abcd000 --[IOMMU]--X read permission is not set\n"),
        REPORT.screen(before, ""));
  }

  private static List<Rehearsal> all() {
    Observations kept = observations(DUMP, List.of(), true);
    return List.of(
        none(),
        rehearsal(
            Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.OUTSIDE),
            Verdict.of(List.of()),
            kept),
        rehearsal(
            Scenario.of(MappingMode.VTD, Strategy.OFF),
            Verdict.of(List.of(UNMAPPED, LEFTOVER)),
            observations(DUMP, List.of(), false)));
  }

  private static Rehearsal none() {
    return rehearsal(
        Scenario.of(MappingMode.VTD, Strategy.NONE),
        Verdict.of(List.of(UNMAPPED)),
        observations(
            new Missing(Fact.DISK_UNTOUCHED),
            List.of(blocked(0x3abcd000), blocked(0x3abce000)),
            true));
  }

  private static Rehearsal rehearsal(Scenario scenario, Verdict tables, Observations observations) {
    return new Rehearsal(
        scenario,
        tables,
        Prediction.of(scenario.strategy(), tables),
        observations,
        Aftermath.judge(scenario.strategy(), tables, observations),
        Duration.ofMillis(13_400),
        Duration.ofMillis(12_800));
  }

  private static Observations observations(
      DumpOutcome dump, List<Evidence> faults, boolean translatingAtEnd) {
    RegisterValue off = new RegisterValue(0x4000000, List.of("QIE"), Translation.OFF);
    List<Evidence> writes =
        translatingAtEnd
            ? List.of()
            : List.of(RegisterWritten.of(new RegisterId("GCMD", 0x18), List.of(off)));
    return new Observations(dump, faults, writes, List.of(), translatingAtEnd, KERNELS);
  }

  private static Finding finding(FindingCode code, Severity severity) {
    return new Finding(
        code,
        severity,
        new OfDevice(Verdicts.device("00:01.0", "nvme")),
        List.of(),
        List.of(Fact.REQUESTS_BLOCKED),
        List.of(Step.ARM));
  }

  private static Evidence blocked(long iova) {
    Request request = new Request(RequesterId.parse("00:01.0"), iova, Access.READ);
    return new Faulted(From.NOT_KNOWN, new Fault(request, FaultReason.NO_READ_PERMISSION, true));
  }
}
