// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.DumpOutcome.Damaged;
import org.crashlane.rehearsal.DumpOutcome.Missing;
import org.crashlane.rehearsal.DumpOutcome.NoRoom;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.Frames.Astray;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Evidence.Quote;
import org.crashlane.rule.Evidence.Source;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Subject;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;

class AftermathTest {
  private static final Observations.Kernels KERNELS =
      new Observations.Kernels(
          "6.1.0-56-cloud-amd64",
          "6.1.0-56-cloud-amd64",
          "intel_iommu=on crashkernel=256M",
          "maxcpus=1 reset_devices",
          List.of(),
          "QEMU emulator version 7.2.22");

  private static final DumpOutcome DUMP = new Written(2000, "6.1.0", 1 << 20);
  private static final Verdict UNMAPPED = Verdict.of(List.of(finding(FindingCode.A1)));
  private static final Verdict HOLDS = Verdict.of(List.of());
  private static final Observations QUIET =
      new Observations(DUMP, List.of(), List.of(), List.of(), true, KERNELS);

  @Test
  void aBlindCaptureKernelIsJudgedByTheTablesItMeets() {
    assertEquals(Answer.BROKEN, Aftermath.judge(Strategy.NONE, UNMAPPED, QUIET).answer());
    assertEquals(Answer.HOLDS, Aftermath.judge(Strategy.IDENTITY, HOLDS, QUIET).answer());
  }

  @Test
  void aCaptureKernelThatTakesTheIommuOverIsNotBrokenByTheOldTables() {
    Verdict verdict = Aftermath.judge(Strategy.ADOPT, UNMAPPED, QUIET);
    assertEquals(Answer.HOLDS, verdict.answer());
    assertEquals(List.of(), verdict.findings());
  }

  @Test
  void findingTheIommuBreaksRuleC() {
    Observations seen =
        new Observations(
            DUMP,
            List.of(),
            List.of(),
            List.of(said("DMAR: Host address width 39")),
            true,
            KERNELS);
    assertEquals(List.of(FindingCode.C1), codes(Aftermath.judge(Strategy.ADOPT, HOLDS, seen)));
  }

  @Test
  void writingARegisterBreaksRuleCAlsoForABlindKernel() {
    Observations touched =
        new Observations(DUMP, List.of(), List.of(said("GCMD")), List.of(), true, KERNELS);
    Verdict verdict = Aftermath.judge(Strategy.IDENTITY, HOLDS, touched);
    assertEquals(Answer.BROKEN, verdict.answer());
    assertEquals(List.of(FindingCode.C2), codes(verdict));
  }

  @Test
  void aLostDumpBreaksTheVerdictWhateverTheTablesSaid() {
    Observations lost =
        new Observations(
            new Missing(Fact.DISK_UNTOUCHED), List.of(), List.of(), List.of(), true, KERNELS);
    Verdict verdict = Aftermath.judge(Strategy.IDENTITY, HOLDS, lost);
    assertEquals(Answer.BROKEN, verdict.answer());
    assertEquals(List.of(FindingCode.D1), codes(verdict));
  }

  @Test
  void aCrashRangeThatIsTooSmallSaysNothingOfTheRule() {
    Observations died =
        new Observations(
            new NoRoom(said("it died")), List.of(), List.of(), List.of(), true, KERNELS);
    Verdict verdict = Aftermath.judge(Strategy.IDENTITY, HOLDS, died);
    assertEquals(Answer.UNKNOWN, verdict.answer());
    assertEquals(said("it died"), verdict.findings().getFirst().evidence().getFirst());
    assertEquals(Answer.BROKEN, Aftermath.judge(Strategy.NONE, UNMAPPED, died).answer());
  }

  @Test
  void leftoversInMemoryCorruptOnlyOnceTranslationIsOff() {
    Verdict leftover = Verdict.of(List.of(leftover(List.of(new AddressRange(0x1000, 0x1fff)))));
    assertEquals(Answer.HOLDS, Aftermath.judge(Strategy.OFF, leftover, QUIET).answer());
    assertEquals(Answer.BROKEN, Aftermath.judge(Strategy.OFF, leftover, switchedOff()).answer());
  }

  @Test
  void framesInMemoryThatWasNotMappedForTheCardBreakAndFramesWhereTheyBelongDoNot() {
    AddressRange pages = new AddressRange(0x8000000, 0x8000fff);
    List<Astray> astray = List.of(new Astray(pages, 240, "63727368"));
    Verdict verdict = Aftermath.judge(Strategy.OFF, HOLDS, received(4096, astray));
    assertEquals(Answer.BROKEN, verdict.answer());
    assertEquals(List.of(FindingCode.D2), codes(verdict));
    assertEquals(List.of(pages), verdict.findings().getFirst().ranges());
    assertEquals(
        List.of(new Amount(Quantity.BYTES_CHANGED_BY_DMA, 240)),
        verdict.findings().getFirst().evidence());
    Verdict kept = Aftermath.judge(Strategy.IDENTITY, HOLDS, received(4096, List.of()));
    assertEquals(Answer.HOLDS, kept.answer());
  }

  private static Observations received(long mappedBytes, List<Astray> astray) {
    Frames frames = new Frames(RequesterId.of(0, 2, 0), 20, List.of(), mappedBytes, astray);
    return new Observations(
        DUMP,
        List.of(),
        List.of(),
        List.of(),
        true,
        new Observations.Kernels("6.1.0", "6.1.0", "intel_iommu=on", "", List.of(frames), "QEMU"));
  }

  @Test
  void leftoversWhoseAddressesAreNoMemoryAreNamedButBreakNothing() {
    Verdict leftover = Verdict.of(List.of(leftover(List.of())));
    Verdict verdict = Aftermath.judge(Strategy.OFF, leftover, switchedOff());
    assertEquals(Answer.HOLDS, verdict.answer());
    assertEquals(List.of(FindingCode.L2), codes(verdict));
  }

  @Test
  void evidenceOfManyWritesIsCutAndCounted() {
    List<Evidence> writes =
        IntStream.range(0, 100).<Evidence>mapToObj(i -> said("write " + i)).toList();
    Observations busy = new Observations(DUMP, List.of(), writes, List.of(), true, KERNELS);
    List<Evidence> evidence =
        Aftermath.judge(Strategy.OFF, HOLDS, busy).findings().getFirst().evidence();
    assertEquals(said("write 0"), evidence.getFirst());
    assertTrue(evidence.contains(new Amount(Quantity.MORE, 96)), evidence.toString());
  }

  @Test
  void whatTheTablesLetOneExpectDependsOnWhoLooksAtThem() {
    assertEquals(Prediction.NO_DUMP, Prediction.of(Strategy.NONE, UNMAPPED));
    assertEquals(Prediction.DUMP, Prediction.of(Strategy.IDENTITY, HOLDS));
    assertEquals(Prediction.DUMP, Prediction.of(Strategy.ADOPT, UNMAPPED));
    assertEquals(Prediction.UNKNOWN, Prediction.of(Strategy.NONE, unknown(FindingCode.W1)));
  }

  @Test
  void whatIsWrongWithLeftoversStopsNoDump() {
    Verdict reaching = Verdict.of(List.of(finding(FindingCode.L1)));
    assertEquals(Prediction.DUMP, Prediction.of(Strategy.IDENTITY, reaching));
    assertEquals(Prediction.DUMP, Prediction.of(Strategy.IDENTITY, unknown(FindingCode.L1)));
  }

  @Test
  void memoryThatTheCaptureKernelNeedsItselfCountsUnderEveryStrategy() {
    Verdict lacking = Verdict.of(List.of(about(Part.CAPTURE_KERNEL, FindingCode.B4)));
    for (Strategy strategy : Strategy.values()) {
      assertEquals(Answer.BROKEN, Aftermath.judge(strategy, lacking, QUIET).answer());
      assertEquals(Prediction.NO_DUMP, Prediction.of(strategy, lacking));
    }
  }

  /** With an IOMMU of its own it gives devices addresses that they reach. */
  @Test
  void masksCountWhereDevicesAreGivenPhysicalAddresses() {
    for (FindingCode code : List.of(FindingCode.B1, FindingCode.B4)) {
      Verdict narrow = Verdict.of(List.of(finding(code)));
      for (Strategy strategy : Strategy.values()) {
        boolean counts = strategy.blind() || strategy == Strategy.OFF;
        assertEquals(
            counts ? Answer.BROKEN : Answer.HOLDS,
            Aftermath.judge(strategy, narrow, QUIET).answer());
        assertEquals(
            counts ? Prediction.NO_DUMP : Prediction.DUMP, Prediction.of(strategy, narrow));
      }
    }
  }

  @Test
  void oneThatCopiesTheTablesGoesOnWithAllThatOthersReachByThem() {
    for (FindingCode code : List.of(FindingCode.L1, FindingCode.L3, FindingCode.G1)) {
      Verdict reaching = Verdict.of(List.of(finding(code)));
      assertEquals(Answer.BROKEN, Aftermath.judge(Strategy.ADOPT, reaching, QUIET).answer());
      assertEquals(Answer.HOLDS, Aftermath.judge(Strategy.ABORT, reaching, QUIET).answer());
      assertEquals(Prediction.DUMP, Prediction.of(Strategy.ADOPT, reaching));
    }
  }

  @Test
  void firmwaresRegionsCountWhateverBecomesOfTheTables() {
    Verdict region = Verdict.of(List.of(finding(FindingCode.F1)));
    for (Strategy strategy : Strategy.values()) {
      assertEquals(Answer.BROKEN, Aftermath.judge(strategy, region, QUIET).answer());
    }
  }

  @Test
  void aRegionThatTheTablesBlockIsBlockedNoMoreOnceTranslationIsOff() {
    Verdict blocked =
        Verdict.of(
            List.of(
                new Finding(
                    FindingCode.F1,
                    Severity.NOTE,
                    Part.FIRMWARE,
                    List.of(new AddressRange(0x1000, 0x1fff)),
                    List.of(Fact.REQUESTS_BLOCKED),
                    List.of())));
    assertEquals(Answer.HOLDS, Aftermath.judge(Strategy.OFF, blocked, QUIET).answer());
    assertEquals(Answer.BROKEN, Aftermath.judge(Strategy.OFF, blocked, switchedOff()).answer());
  }

  @Test
  void aDamagedDumpIsNoDump() {
    assertFalse(Prediction.DUMP.agreesWith(new Damaged(Fact.NO_RELEASE_IN_DUMP)));
    assertTrue(Prediction.NO_DUMP.agreesWith(new Damaged(Fact.NO_RELEASE_IN_DUMP)));
    assertTrue(Prediction.NO_DUMP.agreesWith(new Missing(Fact.DISK_UNTOUCHED)));
    assertFalse(Prediction.NO_DUMP.agreesWith(DUMP));
    assertTrue(Prediction.UNKNOWN.agreesWith(DUMP));
    assertTrue(Prediction.DUMP.agreesWith(new NoRoom(said("out of memory"))));
    assertTrue(Prediction.NO_DUMP.agreesWith(new NoRoom(said("out of memory"))));
  }

  @Test
  void corruptedMemoryBreaksTheRuleUnderEveryStrategy() {
    for (Strategy strategy : Strategy.values()) {
      Verdict clean = Aftermath.judge(strategy, Verdict.of(List.of()), counted(0));
      assertEquals(Answer.HOLDS, clean.answer());
      Verdict spoiled = Aftermath.judge(strategy, Verdict.of(List.of()), counted(1234));
      assertEquals(List.of(FindingCode.D2), codes(spoiled));
      assertEquals(
          List.of(new Amount(Quantity.BYTES_CHANGED_BY_DMA, 1234)),
          spoiled.findings().getFirst().evidence());
    }
  }

  private static Observations counted(long corruptedByteCount) {
    Tally tally = new Tally(corruptedByteCount, 3, 0, ArmingCost.NONE);
    return new Observations(DUMP, List.of(), List.of(), List.of(), true, tally);
  }

  private static Quote said(String line) {
    return new Quote(Source.CAPTURE_KERNEL, line);
  }

  private static Observations switchedOff() {
    return new Observations(DUMP, List.of(), List.of(), List.of(), false, KERNELS);
  }

  private static List<FindingCode> codes(Verdict verdict) {
    return verdict.findings().stream().map(Finding::code).toList();
  }

  private static Finding finding(FindingCode code) {
    return about(Part.MEMORY, code);
  }

  private static Finding about(Subject subject, FindingCode code) {
    return new Finding(code, Severity.BROKEN, subject, List.of(), List.of(), List.of());
  }

  private static Verdict unknown(FindingCode code) {
    return Verdict.of(
        List.of(new Finding(code, Severity.UNKNOWN, Part.MEMORY, List.of(), List.of(), List.of())));
  }

  private static Finding leftover(List<AddressRange> inMemory) {
    return new Finding(
        FindingCode.L2, Severity.NOTE, Part.IOMMU_TABLES, inMemory, List.of(), List.of());
  }
}
