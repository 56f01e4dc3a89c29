// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.amdvi.DeviceTableEntry;
import org.crashlane.iommu.amdvi.PageTableEntry;
import org.crashlane.iommu.vtd.FaultReason;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Recorded probes against the unit; needs no QEMU. */
class ReplayTest {
  private static final List<String> VTD_SAMPLES = List.of("vtd-39.jsonl.gz", "vtd-48.jsonl.gz");
  private static final String AMDVI_SAMPLE = "amdvi.jsonl.gz";
  private static final String SCALABLE_SAMPLE = "vtd-48-scalable.jsonl.gz";
  private static final String FIRST_LEVEL_SAMPLE = "vtd-48-first-level.jsonl.gz";
  private static final Set<QemuQuirk> VTD_QUIRKS =
      Set.of(VtdQuirk.RESERVED_CONTEXT_FIELD_IN_SPITE_OF_FPD);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "vtd-39.jsonl.gz",
        "vtd-48.jsonl.gz",
        SCALABLE_SAMPLE,
        FIRST_LEVEL_SAMPLE,
        AMDVI_SAMPLE
      })
  void ownRecordsReplayWithoutUnexplainedDifference(String name) throws Exception {
    ReplayResult result = Replay.of(sample(name), ReplayLimits.standard());
    assertTrue(result.probeCount() >= 1000);
    assertEquals(List.of(), result.differences());
    assertTrue(quirks(name).containsAll(result.explained().keySet()), result::toString);
    assertTrue(result.agrees());
  }

  private static Set<QemuQuirk> quirks(String name) {
    return switch (name) {
      case AMDVI_SAMPLE -> Set.of(AmdviQuirk.values());
      case SCALABLE_SAMPLE, FIRST_LEVEL_SAMPLE -> Set.of(VtdQuirk.values());
      default -> VTD_QUIRKS;
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"qemu_vtd_aw_bits_39.jsonl.gz", "qemu_vtd_aw_bits_48.jsonl.gz"})
  void sharedRecordsReplayWithoutUnexplainedDifference(String name) throws IOException {
    ReplayResult result = Replay.of(SharedFiles.require("oracle/" + name), ReplayLimits.standard());
    assertTrue(result.probeCount() >= 2000);
    assertEquals(List.of(), result.differences());
    assertEquals(VTD_QUIRKS, result.explained().keySet());
  }

  @Test
  void sharedRecordsOfAmdviReplayWithoutUnexplainedDifference() throws IOException {
    Path file = SharedFiles.require("oracle/qemu_amdvi.jsonl.gz");
    ReplayResult result = Replay.of(file, ReplayLimits.standard());
    assertTrue(result.probeCount() >= 2000);
    assertEquals(List.of(), result.differences());
    assertEquals(
        Set.of(AmdviQuirk.UNTRANSLATED_WITHOUT_TV, AmdviQuirk.PRESENT_BIT_OF_PAGES),
        result.explained().keySet());
  }

  @Test
  void unitWithTheQuirkHasNothingToBeExplained() throws Exception {
    ReplayResult sound = Replay.of(sample("vtd-39.jsonl.gz"), ReplayLimits.standard());
    assertEquals(VTD_QUIRKS, sound.explained().keySet());
    ReplayResult asQemu =
        Replay.of(
            sample("vtd-39.jsonl.gz"),
            ReplayLimits.standard(),
            ReplayTest::asQemu,
            TableReader.FACTORY);
    assertEquals(new ReplayResult(sound.probeCount(), Map.of(), 0, List.of()), asQemu);
  }

  /** A unit with the quirk: the entry's FPD does not keep reserved fields from being recorded. */
  private static Iommu asQemu(ProbeMachine machine, PhysicalMemory memory, long root) {
    Iommu unit = VtdUnits.FACTORY.unit(machine, memory, root);
    return request ->
        unit.translate(request) instanceof Outcome.Blocked(Fault fault)
                && fault.reason() == FaultReason.CONTEXT_RESERVED.code()
            ? new Outcome.Blocked(new Fault(request, fault.why(), true))
            : unit.translate(request);
  }

  @ParameterizedTest
  @EnumSource
  void everyMutantOfVtdIsFoundOut(VtdMutant mutant) throws Exception {
    assertFoundOut(mutant, VtdUnits.FACTORY, VTD_SAMPLES);
  }

  @ParameterizedTest
  @EnumSource
  void everyMutantOfAmdviIsFoundOut(org.crashlane.iommu.amdvi.FaultReason reason) throws Exception {
    assertFoundOut(new AmdviMutant(reason), AmdviUnits.FACTORY, List.of(AMDVI_SAMPLE));
  }

  @ParameterizedTest
  @EnumSource
  void everyMutantOfAnyVendorIsFoundOut(CommonMutant mutant) throws Exception {
    assertFoundOut(mutant, VtdUnits.FACTORY, VTD_SAMPLES);
    assertFoundOut(mutant, AmdviUnits.FACTORY, List.of(AMDVI_SAMPLE));
  }

  /** QEMU goes round such a circle for ever; a record that says otherwise is wrong. */
  @Test
  void circleOfTablesIsADifferenceAndEnds() {
    long table = ProbeMemory.ARENA.first();
    long deviceTable = CaseDraft.page(AmdviMachine.DEVICE_TABLE_PAGE);
    List<TableWord> words =
        List.of(
            new TableWord(table, PageTableEntry.table(table, 4)),
            new TableWord(deviceTable, DeviceTableEntry.translated(table, 4)));
    ProbeMachine machine = machine(new UnitRegisters.Amdvi(0), deviceTable);
    ProbeCounts tally = new ProbeCounts(machine, AmdviUnits.FACTORY, TableReader.FACTORY, 1);
    ProbeCase circle = new ProbeCase(0, deviceTable, words, 0);
    assertTrue(
        tally.add(new Probe(circle, Access.READ, new Observation.Landed(0x1000))).isPresent());
    assertTrue(tally.add(new Probe(circle, Access.READ, new Observation.Nothing(0))).isEmpty());
  }

  /** Its PAM registers as they are before firmware runs, a q35 machine has ROM there. */
  @Test
  void whatIsWrittenToRomIsLostAndWhatIsReadThereIsTheRoms() {
    for (long iova : new long[] {0xc0000, 0xdc040, 0xffff8}) {
      assertTrue(compared(iova, Access.WRITE, new Observation.Nothing(0)).isEmpty());
      assertTrue(compared(iova, Access.READ, new Observation.Nothing(0xf4f4)).isEmpty());
      assertTrue(compared(iova, Access.WRITE, new Observation.Landed(iova)).isPresent());
    }
    for (long iova : new long[] {0xbfff8, 0x110000}) {
      assertTrue(compared(iova, Access.WRITE, new Observation.Nothing(0)).isPresent());
      assertTrue(compared(iova, Access.WRITE, new Observation.Landed(iova)).isEmpty());
    }
  }

  /** A request that passes untranslated. */
  private static Optional<Difference> compared(long iova, Access access, Observation seen) {
    long deviceTable = CaseDraft.page(AmdviMachine.DEVICE_TABLE_PAGE);
    long untranslated = DeviceTableEntry.translated(0, DeviceTableEntry.MODE_UNTRANSLATED);
    ProbeMachine machine = machine(new UnitRegisters.Amdvi(0), deviceTable);
    ProbeCase tables =
        new ProbeCase(0, deviceTable, List.of(new TableWord(deviceTable, untranslated)), iova);
    return new ProbeCounts(machine, AmdviUnits.FACTORY, TableReader.FACTORY, 1)
        .add(new Probe(tables, access, seen));
  }

  private static ProbeMachine machine(UnitRegisters registers, long root) {
    return new ProbeMachine(
        "none",
        "",
        registers,
        64 << 20,
        List.of(ProbeMemory.ARENA),
        RequesterId.of(0, 0, 0),
        root,
        0);
  }

  private static void assertFoundOut(Mutant mutant, UnitFactory sound, List<String> samples)
      throws Exception {
    long differences = 0;
    for (String name : samples) {
      ReplayResult result =
          Replay.of(sample(name), ReplayLimits.standard(), mutant.over(sound), TableReader.FACTORY);
      assertFalse(result.differences().stream().anyMatch(d -> d.toString().contains("\n")));
      differences += result.differenceCount();
    }
    assertTrue(differences > 0, mutant + " passes for sound");
  }

  @ParameterizedTest
  @EnumSource
  void everyMutantOfTheReaderIsFoundOut(ReaderMutant mutant) throws Exception {
    assertReaderFoundOut(mutant, VTD_SAMPLES);
    assertReaderFoundOut(mutant, List.of(SCALABLE_SAMPLE));
    assertReaderFoundOut(mutant, List.of(AMDVI_SAMPLE));
  }

  @ParameterizedTest
  @EnumSource
  void readerWithAFaultOfAnyUnitIsFoundOut(CommonMutant mutant) throws Exception {
    UnitFactory readers = mutant.over(TableReader.FACTORY);
    assertReaderFoundOut(readers, VTD_SAMPLES);
    assertReaderFoundOut(readers, List.of(AMDVI_SAMPLE));
  }

  private static void assertReaderFoundOut(UnitFactory readers, List<String> samples)
      throws Exception {
    long differences = 0;
    for (String name : samples) {
      ReplayResult result =
          Replay.of(sample(name), ReplayLimits.standard(), ReplayTest::sound, readers);
      assertTrue(result.differences().stream().allMatch(d -> d.side() == Difference.Side.READER));
      differences += result.differenceCount();
    }
    assertTrue(differences > 0, "passes for sound");
  }

  private static Iommu sound(ProbeMachine machine, PhysicalMemory memory, long root) {
    return switch (machine.registers()) {
      case UnitRegisters.Vtd _ -> VtdUnits.FACTORY.unit(machine, memory, root);
      case UnitRegisters.Amdvi _ -> AmdviUnits.FACTORY.unit(machine, memory, root);
    };
  }

  private static Path sample(String name) throws URISyntaxException {
    Optional<URL> resource = Optional.ofNullable(ReplayTest.class.getResource(name));
    return Path.of(resource.orElseThrow().toURI());
  }
}
