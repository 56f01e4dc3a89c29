// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;
import org.crashlane.arming.ArmResult;
import org.crashlane.arming.ArmingPlan;
import org.crashlane.arming.DisarmResult;
import org.crashlane.arming.Refusal;
import org.crashlane.arming.Refusal.Kind;
import org.crashlane.arming.Refused;
import org.crashlane.arming.Target;
import org.crashlane.arming.TargetLock;
import org.crashlane.guest.live.GuestTables.Listing;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.UnitState.Translation;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Store;
import org.crashlane.memory.WritableMemory;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Obstacle.Earlier;
import org.crashlane.rule.Obstacle.EarlierState;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Subject.Requesters;
import org.crashlane.rule.Verdict;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The outside hand on QEMU's own IOMMU and memory; no guest kernel is needed. */
class OutsideHandQemuTest {
  private static final Set<RequesterId> ALL = Set.of();

  @TempDir Path directory;

  private OutsideHand hand(TranslatingQemu qemu) throws IOException {
    return qemu.hand(GuestLife.DOOMED);
  }

  private static ArmResult arm(OutsideHand hand) throws IOException {
    return hand.arm(
        List.of(TranslatingQemu.CRASH), ALL, Optional.of(TranslatingQemu.ARENA), List.of());
  }

  private GuestTables walk(OutsideHand hand) throws IOException {
    return walk(hand, StopMark.folders(directory.resolve("journals")));
  }

  private static GuestTables walk(OutsideHand hand, List<Path> markFolders) throws IOException {
    LiveGuest guest = hand.guest();
    return GuestTables.look(guest, Target.ofFile(guest.memoryFile()), markFolders);
  }

  private static Mapping identity() {
    AddressRange crash = TranslatingQemu.CRASH;
    return new Mapping(crash, crash.first(), Permissions.READ_WRITE);
  }

  private static void requireRefused(Kind kind, ArmResult result) {
    List<Refusal> reasons = assertInstanceOf(Refused.class, result).reasons();
    reasons.forEach(reason -> assertEquals(kind, reason.kind(), reason::toString));
  }

  /** A checksum of all memory that a test uses. */
  private static long checksum(WritableMemory memory) {
    CRC32C crc = new CRC32C();
    byte[] block = new byte[1 << 20];
    for (long at : new long[] {0x140000000L, 0x140100000L, TranslatingQemu.ARENA.first()}) {
      memory.read(at, block, 0, block.length);
      crc.update(block);
    }
    return crc.getValue();
  }

  @Test
  void aRunningGuestIsArmedWalkedDisarmedAndRunsOn() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.start(directory, "");
        OutsideHand hand = hand(qemu)) {
      WritableMemory memory = hand.guest().memory();
      qemu.translate(memory);
      long before = checksum(memory);
      hand.guest().qmp().cont();

      ArmingPlan plan = assertInstanceOf(ArmResult.Armed.class, arm(hand)).plan();
      assertEquals(1, plan.tables().size());
      assertEquals(
          List.of(TranslatingQemu.NVME, TranslatingQemu.SATA), plan.tables().getFirst().devices());
      assertEquals(0x20 + 1, plan.tables().getFirst().leafCount());
      assertTrue(hand.guest().qmp().isRunning());

      Listing listing = walk(hand).tables().getFirst();
      assertTrue(listing.mappings().contains(identity()), listing.mappings().toString());
      assertEquals(2, listing.mappings().size());
      assertEquals(List.of(), listing.malformations());

      DisarmResult result = hand.disarm();
      assertTrue(result.isComplete());
      assertEquals(plan.stores().size(), result.restoredCount());
      assertEquals(before, checksum(memory));
      assertTrue(hand.guest().qmp().isRunning());
    }
  }

  @Test
  void anotherProcessOfTheToolFindsTheWayBack() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.start(directory, "")) {
      long before;
      try (OutsideHand hand = hand(qemu)) {
        qemu.translate(hand.guest().memory());
        before = checksum(hand.guest().memory());
        assertInstanceOf(ArmResult.Armed.class, arm(hand));
      }
      try (OutsideHand hand = hand(qemu)) {
        ArmResult again = arm(hand);
        requireRefused(Kind.IN_USE, again);
        Refusal reason = assertInstanceOf(Refused.class, again).reasons().getFirst();
        Earlier earlier = assertInstanceOf(Earlier.class, reason.evidence().getFirst());
        assertEquals(EarlierState.ARMED, earlier.state());
        assertEquals(List.of(Step.DISARM_FIRST), reason.remedies());
        assertTrue(hand.disarm().isComplete());
        assertEquals(before, checksum(hand.guest().memory()));
      }
    }
  }

  @Test
  void aGuestThatAKilledHandLeftStandingIsLetRunByTheNext() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.start(directory, "")) {
      try (OutsideHand hand = hand(qemu)) {
        qemu.translate(hand.guest().memory());
        hand.guest().qmp().cont();
      }
      StandingTool.start(qemu.socket(), directory.resolve("journals")).destroyForcibly().waitFor();
      try (OutsideHand hand = hand(qemu)) {
        assertFalse(hand.guest().qmp().isRunning());
        assertEquals(1, walk(hand).tables().size());
        assertTrue(hand.guest().qmp().isRunning());
      }
    }
  }

  @Test
  void aHandThatIsToldToEndLetsTheGuestRunAndLeavesNoMark() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.startSmall(directory, "")) {
      try (OutsideHand hand = hand(qemu)) {
        qemu.translate(hand.guest().memory());
        hand.guest().qmp().cont();
      }
      Path journals = directory.resolve("journals");
      Process hand = StandingTool.start(qemu.socket(), journals);
      assertEquals(1, journals.toFile().list().length, "the mark");
      hand.destroy();
      hand.waitFor();
      assertEquals(0, journals.toFile().list().length);
      try (QmpClient qmp = QmpClient.connect(qemu.socket())) {
        assertTrue(qmp.isRunning());
      }
    }
  }

  @Test
  void aGuestThatCouldNotBeLetRunIsLetRunByTheNext() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.startSmall(directory, "")) {
      try (OutsideHand hand = hand(qemu)) {
        qemu.translate(hand.guest().memory());
        QmpClient qmp = hand.guest().qmp();
        qmp.cont();
        assertThrows(
            IOException.class,
            () ->
                hand.whileStopped(_ -> {
                  qmp.close();
                  return 0;
                }));
      }
      try (OutsideHand hand = hand(qemu)) {
        assertFalse(hand.guest().qmp().isRunning());
        assertEquals(1, walk(hand).tables().size());
        assertTrue(hand.guest().qmp().isRunning());
      }
    }
  }

  @Test
  void aGuestThatHasRunSinceAHandWasKilledIsStoppedByItsOwner() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.startSmall(directory, "")) {
      try (OutsideHand hand = hand(qemu)) {
        qemu.translate(hand.guest().memory());
        hand.guest().qmp().cont();
      }
      Path journals = directory.resolve("journals");
      StandingTool.start(qemu.socket(), journals).destroyForcibly().waitFor();
      try (OutsideHand hand = hand(qemu)) {
        QmpClient qmp = hand.guest().qmp();
        String left = hand.guest().processorsDigest();
        while (hand.guest().processorsDigest().equals(left)) {
          qmp.cont();
          qmp.stop();
        }
        assertEquals(1, walk(hand).tables().size());
        assertFalse(qmp.isRunning());
        assertEquals(0, journals.toFile().list().length);
      }
    }
  }

  @Test
  void aGuestThatItsOwnerHasStoppedStaysSoWhateverStandsUnderTheMarksName() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.startSmall(directory, "");
        OutsideHand hand = hand(qemu)) {
      qemu.translate(hand.guest().memory());
      Path journals = Files.createDirectory(directory.resolve("journals"));
      Target target = Target.ofFile(hand.guest().memoryFile());
      Path mark = StopMark.files(List.of(journals), target).getFirst();
      for (String words : List.of("", "12345\n", "stopped by crashlane: process 1\n")) {
        Files.writeString(mark, words);
        assertEquals(1, walk(hand).tables().size());
        assertFalse(hand.guest().qmp().isRunning());
        assertEquals(words, Files.readString(mark));
      }
    }
  }

  @Test
  void theMemoryFileIsLockedWhileAnotherProcessHasTheGuestStanding() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.start(directory, "")) {
      Target target;
      try (OutsideHand hand = hand(qemu)) {
        qemu.translate(hand.guest().memory());
        hand.guest().qmp().cont();
        target = Target.ofFile(hand.guest().memoryFile());
      }
      Process other = StandingTool.start(qemu.socket(), directory.resolve("other journals"));
      try {
        assertTrue(TargetLock.tryAcquire(target).isEmpty());
      } finally {
        other.destroyForcibly().waitFor();
      }
      TargetLock.acquire(target).close();
    }
  }

  @Test
  void aLivingGuestIsNotWrittenToAndNeedsNoFolderForThat() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.start(directory, "")) {
      try (OutsideHand hand = qemu.hand(GuestLife.LIVING)) {
        WritableMemory memory = hand.guest().memory();
        qemu.translate(memory);
        long before = checksum(memory);
        requireRefused(Kind.LIVING, arm(hand));
        assertEquals(before, checksum(memory));
        assertFalse(Files.exists(directory.resolve("journals")));
      }
    }
  }

  @Test
  void aGuestThatHasNotCrashedIsNotTakenForDead() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.start(directory, "");
        OutsideHand hand = qemu.hand(GuestLife.DEAD)) {
      qemu.translate(hand.guest().memory());
      IOException e = assertThrows(IOException.class, () -> arm(hand));
      assertTrue(e.getMessage().contains("the guest has not crashed"), e.getMessage());
    }
  }

  @Test
  void aLivingGuestThatNeedsNothingIsJudgedAsItIs() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.startSmall(directory, "");
        OutsideHand doomed = hand(qemu)) {
      List<AddressRange> crash = List.of(TranslatingQemu.SMALL_CRASH);
      qemu.translate(doomed.guest().memory());
      assertInstanceOf(
          ArmResult.Armed.class,
          doomed.arm(crash, ALL, Optional.of(TranslatingQemu.SMALL_ARENA), List.of()));
      try (OutsideHand living =
          OutsideHand.on(doomed.guest(), directory.resolve("other"), GuestLife.LIVING)) {
        ArmResult result = living.arm(crash, ALL, Optional.empty(), List.of());
        assertEquals(List.of(), assertInstanceOf(ArmResult.Unneeded.class, result).plan().stores());
        assertEquals(Answer.UNKNOWN, living.judge(crash, ALL, false).verdict().answer());
        qemu.loadCaptureKernel(doomed.guest().memory(), crash.getFirst());
        assertEquals(
            Set.of(FindingCode.F1, FindingCode.M3),
            Set.copyOf(decisive(living.judge(crash, ALL, false).verdict())),
            "firmware's tables are not there, and no kernel runs");
        qemu.installFirmware(doomed.guest().memory());
        assertEquals(List.of(FindingCode.M3), decisive(living.judge(crash, ALL, false).verdict()));
        AddressRange half = AddressRange.ofSize(crash.getFirst().first(), 0x2000000);
        assertEquals(Answer.UNKNOWN, living.judge(List.of(half), ALL, false).verdict().answer());
        assertTrue(
            living
                .judge(crash, Set.of(RequesterId.of(0, 0, 0)), false)
                .verdict()
                .findings()
                .stream()
                .anyMatch(f -> f.code() == FindingCode.M1 && f.severity() == Severity.UNKNOWN),
            "the host bridge is no disk, and there is one");
      }
      assertTrue(doomed.disarm().isComplete());
    }
  }

  @Test
  void aGuestThatDoesNotTranslateNeedsNothing() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.start(directory, "");
        OutsideHand hand = hand(qemu)) {
      assertInstanceOf(ArmResult.Unneeded.class, arm(hand));
      assertEquals(Translation.PASSES, walk(hand).state().translation());
      assertEquals(List.of(), walk(hand).tables());
    }
  }

  @Test
  void aGuestThatIsKilledWhileAttachedIsOneClearError() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.start(directory, "");
        OutsideHand hand = hand(qemu)) {
      qemu.translate(hand.guest().memory());
      qemu.kill();
      IOException e = assertThrows(IOException.class, () -> arm(hand));
      assertTrue(e.getMessage().startsWith(qemu.socket() + ": "), e.getMessage());
      assertThrows(IOException.class, () -> walk(hand));
      assertThrows(IOException.class, hand::disarm);
      IOException gone = assertThrows(IOException.class, () -> hand(qemu).close());
      assertTrue(gone.getMessage().startsWith(qemu.socket() + ": "), gone.getMessage());
    }
  }

  @Test
  void disarmingAGuestThatWasNotArmedSaysSoAndMakesNoFolder() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.start(directory, "");
        OutsideHand hand = hand(qemu)) {
      qemu.translate(hand.guest().memory());
      assertNotArmedHere(hand);
      assertFalse(Files.exists(directory.resolve("journals")));
    }
  }

  @Test
  void whatTheInsideHandHasArmedIsNotCalledGone() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.startSmall(directory, "");
        OutsideHand inside = hand(qemu);
        OutsideHand outside =
            OutsideHand.on(inside.guest(), directory.resolve("other"), GuestLife.DOOMED)) {
      List<AddressRange> crash = List.of(TranslatingQemu.SMALL_CRASH);
      qemu.translate(inside.guest().memory());
      inside.arm(crash, ALL, Optional.of(TranslatingQemu.SMALL_ARENA), List.of());
      assertInstanceOf(
          ArmResult.Unneeded.class, outside.arm(crash, ALL, Optional.empty(), List.of()));
      assertNotArmedHere(outside);
    }
  }

  private static void assertNotArmedHere(OutsideHand hand) {
    IOException e = assertThrows(IOException.class, hand::disarm);
    assertTrue(e.getMessage().contains("was not armed here"), e.getMessage());
    assertTrue(e.getMessage().contains("removing the module"), e.getMessage());
  }

  @Test
  void aGuestThatWasRestartedIsFoundGoneAndThenTakenBack() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.startSmall(directory, "");
        OutsideHand hand = hand(qemu)) {
      WritableMemory memory = hand.guest().memory();
      AddressRange arena = TranslatingQemu.SMALL_ARENA;
      qemu.translate(memory);
      ArmResult armed =
          hand.arm(List.of(TranslatingQemu.SMALL_CRASH), ALL, Optional.of(arena), List.of());
      List<Store> stores = assertInstanceOf(ArmResult.Armed.class, armed).plan().stores();
      stores.stream()
          .filter(store -> !arena.contains(store.address()))
          .forEach(store -> memory.writeLong(store.address(), 0xdead000L));
      assertEquals(DisarmResult.Standing.GONE, hand.disarm().standing());
      DisarmResult again = hand.disarm();
      assertEquals(DisarmResult.Standing.TAKEN_BACK, again.standing());
      assertEquals(0, again.untouchedCount(), "no word is as it was before");
    }
  }

  @Test
  void aLookNeedsNoFolderThatCanBeWritten() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.start(directory, "");
        LiveGuest guest = LiveGuest.attach(qemu.socket())) {
      qemu.translate(guest.memory());
      guest.qmp().cont();
      Path missing = directory.resolve("missing");
      Path noFolder = Files.createFile(directory.resolve("file"));
      for (Path journals : List.of(missing, noFolder)) {
        try (OutsideHand hand = OutsideHand.on(guest, journals, GuestLife.LIVING)) {
          assertEquals(1, walk(hand, StopMark.folders(journals)).tables().size());
          requireRefused(Kind.LIVING, arm(hand));
          assertTrue(guest.qmp().isRunning());
        }
      }
      assertFalse(Files.exists(missing));
    }
  }

  @Test
  void withoutAPlaceForTheMarkARunningGuestIsReadAsItRunsAndThatIsSaid() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.startSmall(directory, "");
        LiveGuest guest = LiveGuest.attach(qemu.socket())) {
      List<AddressRange> crash = List.of(TranslatingQemu.SMALL_CRASH);
      qemu.translate(guest.memory());
      Path noFolder = Files.createFile(directory.resolve("file"));
      try (OutsideHand hand =
          OutsideHand.on(guest, noFolder, GuestLife.LIVING, List.of(noFolder))) {
        assertFalse(walk(hand, List.of(noFolder)).readWhileRunning(), "it did not run");
        guest.qmp().cont();
        GuestTables tables = walk(hand, List.of(noFolder));
        assertTrue(tables.readWhileRunning());
        assertEquals(1, tables.tables().size());
        assertTrue(
            hand.judge(crash, ALL, false).verdict().findings().stream()
                .anyMatch(f -> f.code() == FindingCode.W1 && f.severity() == Severity.UNKNOWN));
        assertEquals(Optional.empty(), guest.qmp().takeEvent("STOP"));
      }
    }
  }

  @Test
  void withoutAPlaceForTheMarkNothingIsWritten() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.start(directory, "");
        LiveGuest guest = LiveGuest.attach(qemu.socket())) {
      qemu.translate(guest.memory());
      guest.qmp().cont();
      long before = checksum(guest.memory());
      Path noFolder = Files.createFile(directory.resolve("file"));
      try (OutsideHand hand =
          OutsideHand.on(
              guest, directory.resolve("journals"), GuestLife.DOOMED, List.of(noFolder))) {
        IOException e = assertThrows(IOException.class, () -> arm(hand));
        assertTrue(e.getMessage().endsWith("nothing was written"), e.getMessage());
      }
      assertEquals(before, checksum(guest.memory()));
      assertTrue(guest.qmp().isRunning());
    }
  }

  @Test
  void whatIsPluggedInLaterIsSaidNotToBeArmed() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.start(directory, "");
        OutsideHand hand = hand(qemu)) {
      assertEquals(
          List.of(),
          assertInstanceOf(ArmResult.Unneeded.class, arm(hand)).plan().notes().stream()
              .filter(note -> note.evidence().contains(Fact.LATER_DEVICES_NOT_ARMED))
              .toList(),
          "all passes untranslated, now and later");
      qemu.translate(hand.guest().memory());
      assertTrue(
          assertInstanceOf(ArmResult.Armed.class, arm(hand)).plan().notes().stream()
              .anyMatch(note -> note.evidence().contains(Fact.LATER_DEVICES_NOT_ARMED)));
    }
  }

  @Test
  void theGuestsAllocatorIsUnknownForEachRangeWhereWordsWereWritten() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.startSmall(directory, "");
        OutsideHand hand = hand(qemu)) {
      AddressRange low = TranslatingQemu.SMALL_CRASH;
      List<AddressRange> crash = List.of(low, AddressRange.ofSize(low.last() + 1, 0x1000000));
      qemu.translate(hand.guest().memory());
      ArmResult result = hand.arm(crash, ALL, Optional.of(TranslatingQemu.SMALL_ARENA), List.of());
      assertInstanceOf(ArmResult.Armed.class, result);
      assertEquals(crash, untold(hand.judge(crash, ALL, true).verdict()));
      assertEquals(List.of(), untold(hand.judge(crash, ALL, false).verdict()));
    }
  }

  private static List<AddressRange> untold(Verdict verdict) {
    return verdict.findings().stream()
        .filter(f -> f.code() == FindingCode.A5 && f.severity() == Severity.UNKNOWN)
        .flatMap(f -> f.ranges().stream())
        .toList();
  }

  @Test
  void aDiskBesideTheIommuNeedsNoEntryInItsTables() throws Exception {
    Path disk = Files.write(directory.resolve("beside.img"), new byte[1 << 20]);
    try (TranslatingQemu qemu =
            TranslatingQemu.startSmall(
                directory,
                "",
                List.of(
                    "-drive",
                    "if=none,id=d1,format=raw,file=" + disk,
                    "-device",
                    "virtio-blk-pci,drive=d1,addr=5"));
        OutsideHand hand = qemu.hand(GuestLife.LIVING)) {
      List<AddressRange> crash = List.of(TranslatingQemu.SMALL_CRASH);
      RequesterId beside = RequesterId.of(0, 5, 0);
      qemu.translate(hand.guest().memory());
      qemu.loadCaptureKernel(hand.guest().memory(), crash.getFirst());
      qemu.installFirmware(hand.guest().memory());
      assertInstanceOf(
          ArmResult.Unneeded.class, hand.arm(crash, Set.of(beside), Optional.empty(), List.of()));
      Verdict verdict = hand.judge(crash, Set.of(beside), false).verdict();
      assertEquals(List.of(FindingCode.M3), decisive(verdict), "no kernel runs");
      assertTrue(
          verdict.findings().stream()
              .anyMatch(
                  f -> f.code() == FindingCode.L2 && f.subject().equals(new Requesters(beside))),
          verdict::toString);
      assertEquals(
          Answer.BROKEN,
          hand.judge(crash, Set.of(TranslatingQemu.NVME), false).verdict().answer(),
          "the disk behind the IOMMU is judged as ever");
    }
  }

  private static List<FindingCode> decisive(Verdict verdict) {
    return verdict.findings().stream()
        .filter(finding -> finding.severity() != Severity.NOTE)
        .map(Finding::code)
        .toList();
  }
}
