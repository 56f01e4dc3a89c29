// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crashlane.guest.lab.GuestConfig.MoreOptions;
import org.crashlane.guest.lab.iommu.IommuSetup;
import org.crashlane.image.ElfCore;
import org.crashlane.memory.AddressRange;
import org.crashlane.rehearsal.DumpOutcome.Missing;
import org.crashlane.rehearsal.DumpOutcome.NoRoom;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.MappingMode;
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
import org.crashlane.rule.Severity;
import org.crashlane.rule.Sighting.RegisterWritten;
import org.crashlane.rule.Sighting.Translation;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Crashes a real kernel under each strategy; a run takes 15 to 40 seconds without KVM. */
@Tag("lab")
class QemuStageTest {
  private static final long GIB = 1L << 30;
  private static final Scenario NONE = Scenario.of(MappingMode.VTD, Strategy.NONE);
  private static final Scenario OUTSIDE =
      Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.OUTSIDE);
  private static final Scenario INSIDE =
      Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.INSIDE);

  @TempDir private Path kept;
  private final List<String> progress = new ArrayList<>();

  @Test
  void withoutTheRuleThereIsNoDump() throws IOException {
    Path folder = Files.createDirectories(kept.resolve("none"));
    Files.writeString(folder.resolve("vmcore"), "of an earlier rehearsal");
    Files.writeString(folder.resolve("notes"), "somebody's");

    Rehearsal rehearsal = rehearse(GuestConfig.defaults(), NONE);

    assertInstanceOf(Missing.class, rehearsal.observations().dump());
    assertEquals(Prediction.NO_DUMP, rehearsal.prediction());
    assertEquals(Answer.BROKEN, rehearsal.verdict().answer());
    assertTrue(broken(rehearsal).containsAll(Set.of(FindingCode.A1, FindingCode.D1)));
    assertFalse(rehearsal.observations().faultsAfterCrash().isEmpty());
    assertCaptureKernelWasBlind(rehearsal);
    String registers = Files.readString(folder.resolve("iommu-registers.txt"));
    assertTrue(registers.matches("(?s).*faults \\[[0-9a-f:.]+ READ at 0x.*"), registers);
    assertTrue(Files.readString(folder.resolve("iommu.trace")).contains("\n-- the panic --\n"));
    assertFalse(Files.exists(folder.resolve("vmcore")), "there is no dump to keep");
    assertEquals("somebody's", Files.readString(folder.resolve("notes")));
    assertEquals(
        Stream.of(Phase.values()).map(phase -> "none: " + phase.doing()).toList(), progress);
  }

  @Test
  void armedFromOutsideBothCrashRangesTakeTheDumpAboveFourGibibytes() throws IOException {
    GuestConfig config =
        GuestConfig.defaults()
            .with(new GuestConfig.Hardware(6 * GIB, 2, Devices.of(DiskKind.NVME), IommuSetup.PLAIN))
            .withKernels(k -> k.withCrashkernel("512M,high"));

    Rehearsal rehearsal = rehearse(config, OUTSIDE);

    assertHolds(rehearsal);
    List<AddressRange> ranges = facts("identity-outside").crashRanges();
    assertEquals(2, ranges.size(), ranges.toString());
    assertTrue(ranges.getLast().first() >= 4 * GIB, ranges.toString());
    assertVmcoreIsTheDump(rehearsal, "identity-outside");
    assertTrue(
        progress.contains("identity (outside): the guest is stopped and armed from outside"),
        progress.toString());
  }

  @Test
  void armedFromInsideADumpReachesAnAhciDisk() throws IOException {
    Rehearsal rehearsal =
        rehearse(GuestConfig.defaults().with(TestHardware.of(1, DiskKind.AHCI, false)), INSIDE);

    assertHolds(rehearsal);
    assertTrue(
        facts("identity-inside").devices().stream()
            .anyMatch(d -> d.driver().equals(Optional.of("ahci"))));
    assertVmcoreIsTheDump(rehearsal, "identity-inside");
  }

  @Test
  void aCaptureKernelThatAdoptsTheTablesTouchesTheIommu() throws IOException {
    Rehearsal rehearsal =
        rehearse(GuestConfig.defaults(), Scenario.of(MappingMode.VTD, Strategy.ADOPT));

    assertInstanceOf(Written.class, rehearsal.observations().dump());
    assertEquals(Prediction.DUMP, rehearsal.prediction());
    assertEquals(Set.of(FindingCode.C1, FindingCode.C2), broken(rehearsal));
    assertTrue(rehearsal.observations().translatingAtEnd());
    assertWrote(write -> write.register().name().equals("RTADDR"), rehearsal);
    List<Evidence> detection = rehearsal.observations().detection();
    assertTrue(
        detection.stream()
            .anyMatch(e ->
                e instanceof Quote quote
                    && quote.source() == Source.CAPTURE_KERNEL
                    && quote.line().startsWith("DMAR: Translation already enabled")),
        detection::toString);
  }

  @Test
  void aCaptureKernelThatSwitchesTheIommuOffLeavesLeftoverDmaToMemory() throws IOException {
    Rehearsal rehearsal =
        rehearse(GuestConfig.defaults(), Scenario.of(MappingMode.VTD, Strategy.OFF));

    assertInstanceOf(Written.class, rehearsal.observations().dump());
    assertEquals(Answer.BROKEN, rehearsal.verdict().answer());
    assertTrue(broken(rehearsal).containsAll(Set.of(FindingCode.C1, FindingCode.C2)));
    assertFalse(rehearsal.observations().translatingAtEnd());
    assertWrote(
        write ->
            write.register().name().equals("GCMD") && write.last().translation() == Translation.OFF,
        rehearsal);
    Finding leftover =
        rehearsal.verdict().findings().stream()
            .filter(finding -> finding.code() == FindingCode.L2)
            .findFirst()
            .orElseThrow();
    assertTrue(
        leftover
            .evidence()
            .containsAll(List.of(Fact.SWITCHED_OFF_WHILE_RUNNING, Fact.LAZY_INVALIDATION)),
        leftover::toString);
  }

  @Test
  void aCaptureKernelThatRunsOutOfMemorySaysNothingOfTheRule() throws IOException {
    Rehearsal rehearsal = rehearse(withCrashkernel("64M"), OUTSIDE);

    NoRoom dump = assertInstanceOf(NoRoom.class, rehearsal.observations().dump());
    Quote said = assertInstanceOf(Quote.class, dump.reason());
    assertEquals(Source.CAPTURE_KERNEL, said.source());
    assertTrue(said.line().contains("System is deadlocked on memory"), said.line());
    assertEquals(Answer.HOLDS, rehearsal.tablesBeforeCrash().answer());
    assertEquals(Answer.UNKNOWN, rehearsal.verdict().answer());
    assertEquals(Set.of(), broken(rehearsal));
    List<String> console =
        Files.readAllLines(kept.resolve("identity-outside").resolve("console-capture.log"));
    assertTrue(console.stream().anyMatch(Transcript::isEndOfPanic), console.toString());
  }

  @Test
  @Tag("long")
  void aCaptureKernelThatDoesNotEvenLoadIsNotCrashed() throws IOException {
    Rehearsal rehearsal = rehearse(withCrashkernel("32M"), OUTSIDE);

    NoRoom dump = assertInstanceOf(NoRoom.class, rehearsal.observations().dump());
    Quote said = assertInstanceOf(Quote.class, dump.reason());
    assertTrue(said.line().contains("kexec said: kexec_file_load failed"), said.line());
    assertEquals(Answer.UNKNOWN, rehearsal.verdict().answer());
  }

  @Test
  void theInsideHandRefusesAnEmptyListOfDevices() {
    GuestConfig config =
        GuestConfig.defaults()
            .withMore(
                new MoreOptions(
                    List.of(), List.of("crashlane_arm.devices="), List.of(), List.of()));
    LabException e = assertThrows(LabException.class, () -> rehearse(config, INSIDE));
    assertTrue(e.getMessage().contains("devices=: want [SSSS:]BB:DD.F[,...]"), e.getMessage());
  }

  private static GuestConfig withCrashkernel(String text) {
    return GuestConfig.defaults().withKernels(k -> k.withCrashkernel(text));
  }

  private Rehearsal rehearse(GuestConfig config, Scenario scenario) throws IOException {
    QemuStage stage =
        new QemuStage(
            TestParts.orSkip(config.kernels(List.of(scenario.strategy()))),
            config,
            Optional.of(KeepDirectory.open(kept)));
    Rehearsal rehearsal = stage.rehearse(scenario, progress::add);
    assertTrue(rehearsal.asPredicted());
    return rehearsal;
  }

  private static Set<FindingCode> broken(Rehearsal rehearsal) {
    return rehearsal.verdict().findings().stream()
        .filter(finding -> finding.severity() == Severity.BROKEN)
        .map(Finding::code)
        .collect(Collectors.toSet());
  }

  private static void assertHolds(Rehearsal rehearsal) {
    assertEquals(Answer.HOLDS, rehearsal.tablesBeforeCrash().answer());
    assertEquals(Answer.HOLDS, rehearsal.verdict().answer(), rehearsal.verdict().toString());
    assertInstanceOf(Written.class, rehearsal.observations().dump());
    assertEquals(List.of(), rehearsal.observations().faultsAfterCrash());
    assertCaptureKernelWasBlind(rehearsal);
  }

  private static void assertCaptureKernelWasBlind(Rehearsal rehearsal) {
    assertEquals(List.of(), rehearsal.observations().registerWritesAfterCrash());
    assertEquals(List.of(), rehearsal.observations().detection());
    assertTrue(rehearsal.observations().translatingAtEnd());
  }

  private static void assertWrote(Predicate<RegisterWritten> what, Rehearsal rehearsal) {
    List<Evidence> writes = rehearsal.observations().registerWritesAfterCrash();
    assertTrue(
        writes.stream().anyMatch(e -> e instanceof RegisterWritten write && what.test(write)),
        writes::toString);
  }

  private PrimaryFacts facts(String folder) throws IOException {
    return PrimaryFacts.parse(
        Files.readAllLines(kept.resolve(folder).resolve("console-primary.log")));
  }

  private void assertVmcoreIsTheDump(Rehearsal rehearsal, String folder) throws IOException {
    Path vmcore = kept.resolve(folder).resolve("vmcore");
    try (ElfCore core = ElfCore.open(vmcore)) {
      Written dump = assertInstanceOf(Written.class, rehearsal.observations().dump());
      assertEquals(List.of(), core.problems());
      assertEquals(Files.size(vmcore), core.sizeBytes());
      assertEquals(
          dump.sizeBytes(), core.readable().stream().mapToLong(AddressRange::sizeBytes).sum());
      assertEquals(Optional.of(dump.release()), core.vmcoreInfo().flatMap(i -> i.osRelease()));
    }
  }
}
