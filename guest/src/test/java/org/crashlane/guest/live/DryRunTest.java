// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.crashlane.arming.Refusal;
import org.crashlane.firmware.FirmwareInMemory;
import org.crashlane.firmware.Tables;
import org.crashlane.guest.live.FakeGuest.Says;
import org.crashlane.machine.Source.Aspect;
import org.crashlane.machine.Source.Kind;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.WritableMemory;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.CaptureKernel;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Sighting;
import org.crashlane.rule.Sighting.CoreHeaderFact;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What arming would do is found out without writing anything anywhere. */
final class DryRunTest {
  private static final RequesterId DISK = RequesterId.of(0, 31, 2);
  private static final long TABLE = 0x500000;
  private static final long KERNEL_TABLES = 0x3800000;
  private static final String PCI =
      "[{\"devices\": [{\"bus\": 0, \"slot\": 31, \"function\": 2,"
          + " \"class_info\": {\"class\": 262}}]}]";
  private static final AddressRange PART = AddressRange.ofSize(0x1000000, 0x1000000);
  private static final AddressRange RESERVED = AddressRange.ofSize(0x1000000, 0x2000000);

  @TempDir private Path directory;

  @BeforeEach
  void guestWithMemory() throws IOException {
    try (RandomAccessFile ram = new RandomAccessFile(directory.resolve("ram").toFile(), "rw")) {
      ram.setLength(FakeGuest.MEMORY.sizeBytes());
    }
  }

  private FakeGuest guest() throws IOException {
    Says says = new Says("CR3=0000000003800000", 0, Map.of("query-pci", PCI));
    return FakeGuest.start(socket(), directory.resolve("ram"), says);
  }

  private Path socket() {
    return directory.resolve("s");
  }

  /** Tables that map nothing, firmware's tables, and a loaded capture kernel if that is wanted. */
  private static void boot(WritableMemory memory, List<AddressRange> reserved) {
    FakeGuest.translate(memory, DISK, TABLE);
    FirmwareInMemory.install(
        memory, 0xf0000, 0xf1000, Tables.dmarBytes(Tables.drhd(FakeGuest.UNIT.first(), 1, 0)));
    TranslatingQemu.mapDirectly(memory, KERNEL_TABLES, false);
    reserved.forEach(range -> TranslatingQemu.loadCaptureKernel(memory, range, 0x3f00000));
  }

  private DryRun.Result dryRun(LiveGuest guest, AddressRange... given) throws IOException {
    return DryRun.of(
        guest,
        directory.resolve("journals"),
        new DryRun.Request(List.of(given), Set.of(), Optional.empty(), List.of()));
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(Path::toString).sorted().toList();
    }
  }

  private static List<FindingCode> codes(OutsideHand.Judgement judged) {
    return judged.verdict().findings().stream()
        .filter(f -> f.severity() != Severity.NOTE)
        .map(Finding::code)
        .toList();
  }

  @Test
  void neitherTheGuestNorAnyDirectoryIsWrittenTo() throws IOException {
    Path copy = directory.resolveSibling(directory.getFileName() + "-copy");
    try (FakeGuest _ = guest();
        LiveGuest guest = LiveGuest.attach(socket())) {
      boot(guest.memory(), List.of(RESERVED));
      Files.copy(directory.resolve("ram"), copy);
      List<String> before = files();
      DryRun.Result.Possible done =
          assertInstanceOf(DryRun.Result.Possible.class, dryRun(guest, RESERVED));
      assertFalse(done.plan().stores().isEmpty());
      assertEquals(-1, Files.mismatch(copy, directory.resolve("ram")));
      assertEquals(before, files());
    } finally {
      Files.deleteIfExists(copy);
    }
  }

  @Test
  void theVerdictIsThatBeforeAndThatAfterArming() throws IOException {
    try (FakeGuest _ = guest();
        LiveGuest guest = LiveGuest.attach(socket())) {
      boot(guest.memory(), List.of(RESERVED));
      DryRun.Result.Possible done =
          assertInstanceOf(DryRun.Result.Possible.class, dryRun(guest, RESERVED));
      assertEquals(List.of(FindingCode.A1), codes(done.now()));
      assertEquals(List.of(), codes(done.armed()));
      assertEquals(Answer.HOLDS, done.armed().verdict().answer());
    }
  }

  @Test
  void aGuestWhoseCaptureKernelRunsIsCalledCrashed() throws IOException {
    Says says = new Says("CR3=%016x".formatted(RESERVED.first()), 0, Map.of("query-pci", PCI));
    try (FakeGuest _ = FakeGuest.start(socket(), directory.resolve("ram"), says);
        LiveGuest guest = LiveGuest.attach(socket())) {
      boot(guest.memory(), List.of(RESERVED));
      DryRun.Result.NotPossible no =
          assertInstanceOf(DryRun.Result.NotPossible.class, dryRun(guest));
      assertTrue(no.refused().isFor(Refusal.Kind.CRASHED), no.refused().toString());
      assertEquals(CaptureKernel.State.RUNS, no.now().capture().state());
      assertEquals(Answer.UNKNOWN, no.now().verdict().answer(), "what is there is not judged");
    }
  }

  private List<Evidence> doubtsOfRange(String processors, Consumer<WritableMemory> change)
      throws IOException {
    Says says = new Says(processors, 0, Map.of("query-pci", PCI));
    try (FakeGuest _ = FakeGuest.start(socket(), directory.resolve("ram"), says);
        LiveGuest guest = LiveGuest.attach(socket())) {
      boot(guest.memory(), List.of(RESERVED));
      change.accept(guest.memory());
      DryRun.Result.Possible done =
          assertInstanceOf(DryRun.Result.Possible.class, dryRun(guest, RESERVED));
      List<Finding> doubts =
          done.armed().verdict().findings().stream()
              .filter(finding -> finding.code() == FindingCode.M3)
              .toList();
      assertEquals(
          doubts.isEmpty() ? Answer.HOLDS : Answer.UNKNOWN, done.armed().verdict().answer());
      return doubts.stream().flatMap(doubt -> doubt.evidence().stream()).toList();
    }
  }

  @Test
  void aCaptureKernelThatWasUnloadedIsNotTakenForLoaded() throws IOException {
    assertEquals(
        List.of(Fact.CAPTURE_KERNEL_NOT_PROTECTED),
        doubtsOfRange(
            "CR3=0000000003800000 CR4=000006f0",
            memory -> TranslatingQemu.mapDirectly(memory, KERNEL_TABLES, true)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CR3=0000000000000000 CR4=00000000",
        "CR3=0000000003900000 CR4=00000668",
        "CR3=0000000003803000 CR4=00000668",
        "CR3=fffffffffffff000",
        "no registers"
      })
  void whereNoKernelRunsNoneIsLoaded(String processors) throws IOException {
    assertEquals(List.of(Fact.NO_KERNEL_RUNS), doubtsOfRange(processors, _ -> {}));
  }

  @Test
  void oneProcessorInAKernelIsEnoughAndAProcessLeadsToIt() throws IOException {
    assertEquals(
        List.of(), doubtsOfRange("CR3=0000000000000000 CR3=0000000003801123 CR4=06f0", _ -> {}));
  }

  @Test
  void ofFiveLevelsAllAreFollowed() throws IOException {
    long top = KERNEL_TABLES - 0x10000;
    assertEquals(
        List.of(),
        doubtsOfRange(
            "CR3=%016x CR4=00001668".formatted(top),
            memory -> memory.writeLong(top + 0xff0, KERNEL_TABLES | 3)));
  }

  @Test
  void tablesThatLeadToThemselvesEnd() throws IOException {
    assertEquals(
        List.of(Fact.NO_KERNEL_RUNS),
        doubtsOfRange(
            "CR3=0000000003900000 CR4=00001668",
            memory -> {
              for (int i = 0; i < 512; i++) {
                memory.writeLong(0x3900000 + i * Long.BYTES, 0x3900003);
              }
            }));
  }

  /** What CR3 leads to in purgatory, as kexec makes it. */
  private static void jump(WritableMemory memory) {
    long top = RESERVED.first();
    memory.writeLong(top, top + 0x1000 | 3);
    memory.writeLong(top + 0xff8, 0x600003);
    memory.writeLong(0x600ff8, 0x601003);
  }

  private boolean isCalledCrashedInPurgatory(long noteWord, long outsideEntry) throws IOException {
    Says says = new Says("CR3=%016x".formatted(RESERVED.first()), 0, Map.of("query-pci", PCI));
    try (FakeGuest _ = FakeGuest.start(socket(), directory.resolve("ram"), says);
        LiveGuest guest = LiveGuest.attach(socket())) {
      boot(guest.memory(), List.of(RESERVED));
      jump(guest.memory());
      guest.memory().writeLong(RESERVED.first() + 0x880, outsideEntry);
      guest.memory().writeLong(0x3f00000, 0x150_0000_0005L);
      guest.memory().writeLong(0x3f00008, noteWord);
      DryRun.Result.NotPossible no =
          assertInstanceOf(DryRun.Result.NotPossible.class, dryRun(guest));
      boolean hasCrashed = no.refused().isFor(Refusal.Kind.CRASHED);
      assertEquals(hasCrashed, no.now().capture().state() == CaptureKernel.State.RUNS);
      try (CrashWatch watch = CrashWatch.of(guest, List.of(), _ -> {})) {
        assertEquals(hasCrashed, watch.await(Duration.ZERO).isPresent());
      }
      return hasCrashed;
    }
  }

  @Test
  void aGuestInThePurgatoryOfItsCaptureKernelIsCalledCrashed() throws IOException {
    assertTrue(isCalledCrashedInPurgatory(0x45524f43_00000001L, 0));
  }

  @Test
  void oneWhoseKernelHasLeftNoRegistersIsNot() throws IOException {
    assertFalse(isCalledCrashedInPurgatory(0, 0));
  }

  @Test
  void norIsOneWithALivingKernelsTablesWhereAnEarlierKernelHasCrashed() throws IOException {
    assertFalse(isCalledCrashedInPurgatory(0x45524f43_00000001L, 0x700003));
  }

  @Test
  void theCrashRangeIsFoundWhereItIsNotGiven() throws IOException {
    try (FakeGuest _ = guest();
        LiveGuest guest = LiveGuest.attach(socket())) {
      boot(guest.memory(), List.of(RESERVED));
      DryRun.Result.Possible done = assertInstanceOf(DryRun.Result.Possible.class, dryRun(guest));
      assertEquals(List.of(RESERVED), done.armed().machine().crashRanges());
      assertEquals(Kind.READ, done.armed().machine().sources().get(Aspect.CRASH_RANGES).kind());
    }
  }

  @Test
  void withoutACaptureKernelThereIsNoCrashRangeToFind() throws IOException {
    try (FakeGuest _ = guest();
        LiveGuest guest = LiveGuest.attach(socket())) {
      boot(guest.memory(), List.of());
      IOException e = assertThrows(IOException.class, () -> dryRun(guest));
      assertTrue(
          e.getMessage().contains("no capture kernel that crashlane recognises is loaded"),
          e.getMessage());
    }
  }

  @Test
  void whatTheGuestIsNotArmedForIsRefusedAndJudgedAllTheSame() throws IOException {
    try (FakeGuest _ = guest();
        LiveGuest guest = LiveGuest.attach(socket())) {
      boot(guest.memory(), List.of(RESERVED));
      AddressRange withTables = AddressRange.ofSize(0x400000, 0x1000000);
      DryRun.Result.NotPossible refused =
          assertInstanceOf(DryRun.Result.NotPossible.class, dryRun(guest, withTables));
      assertFalse(refused.refused().reasons().isEmpty());
      assertTrue(codes(refused.now()).contains(FindingCode.L3), refused.now().toString());
    }
  }

  @Test
  void aPartOfTheReservationIsNotConfirmedWhateverTheTablesSay() throws IOException {
    try (FakeGuest _ = guest();
        LiveGuest guest = LiveGuest.attach(socket())) {
      boot(guest.memory(), List.of(RESERVED));
      DryRun.Result.Possible done =
          assertInstanceOf(DryRun.Result.Possible.class, dryRun(guest, PART));
      assertEquals(Answer.UNKNOWN, done.armed().verdict().answer());
      assertEquals(List.of(FindingCode.M3), codes(done.armed()));
      Finding notConfirmed = done.armed().verdict().findings().getFirst();
      assertEquals(
          new Sighting.CoreHeader(CoreHeaderFact.ELSEWHERE, RESERVED.last() + 1 - 0x2000, RESERVED),
          notConfirmed.evidence().getLast());
    }
  }

  @Test
  void aWalkWithACrashRangeIsJudgedWithoutWriting() throws IOException {
    try (FakeGuest _ = guest();
        LiveGuest guest = LiveGuest.attach(socket())) {
      boot(guest.memory(), List.of(RESERVED));
    }
    Files.delete(socket());
    try (FakeGuest _ = guest();
        GuestReader guest = GuestReader.attach(socket())) {
      List<String> before = files();
      GuestReader.Judged whole = guest.judge(List.of(RESERVED), Set.of());
      assertEquals(1, whole.tables().tables().size());
      assertEquals(List.of(FindingCode.A1), codes(whole.judged()));
      assertEquals(
          List.of(FindingCode.A1, FindingCode.M3),
          codes(guest.judge(List.of(PART), Set.of(DISK)).judged()));
      assertEquals(before, files());
    }
  }
}
