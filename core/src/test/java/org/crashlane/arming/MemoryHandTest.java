// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.crashlane.arming.DisarmResult.RefusedWord;
import org.crashlane.arming.JournalRecord.State;
import org.crashlane.arming.Refusal.Kind;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.Window;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.crashlane.memory.Store;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Obstacle.ReadsBack;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryHandTest {
  private static final Target TARGET = new Target("/dev/shm/test.ram", "memory of the test");
  private static final long FOREIGN = 0x5555_0000_0000_0000L;
  private static final long IGNORED_BIT = 1L << 58;
  private static final Permissions READ_WRITE = Permissions.READ_WRITE;

  /** An IOVA that shares a table of level 2 with the crash range, and none of level 1. */
  private static final long MAPPED_LATER = 0x3fe00000;

  @TempDir Path directory;

  private final SparseMemory memory = SparseMemory.ofSize(VtdMachine.MEMORY_BYTES);
  private final VtdMachine machine = VtdMachine.buildIn(memory);
  private byte[] before = {};

  @BeforeEach
  void rememberMemory() {
    before = bytes();
  }

  private byte[] bytes() {
    byte[] bytes = new byte[(int) VtdMachine.MEMORY_BYTES];
    memory.read(0, bytes, 0, bytes.length);
    return bytes;
  }

  private MemoryHand hand() {
    return new MemoryHand(TARGET, memory, machine.tables(), directory);
  }

  private ArmingPlan plan() {
    return plan(List.of());
  }

  /** A plan over an arena in which an earlier arming has left its words. */
  private ArmingPlan plan(List<Store> earlier) {
    List<Store> all = new ArrayList<>(VtdMachine.earlier());
    all.addAll(earlier);
    PlanResult result =
        machine.plan(
            new PlanRequest(
                TARGET,
                Window.ofCrashRanges(List.of(VtdMachine.CRASH)),
                Set.of(),
                Optional.of(VtdMachine.ARENA),
                all));
    return assertInstanceOf(PlanResult.Planned.class, result).plan();
  }

  private Journal armed() throws IOException {
    return Journal.open(
        assertInstanceOf(ArmResult.Armed.class, hand().arm(plan(hand().earlier()))).journal());
  }

  private Refusal refused(ArmResult result) {
    List<Refusal> reasons = assertInstanceOf(Refused.class, result).reasons();
    assertEquals(1, reasons.size(), reasons.toString());
    return reasons.getFirst();
  }

  private boolean isIdentityMapped(TableId table) {
    return MappingSet.of(machine.tables(), table)
        .contains(new Mapping(VtdMachine.CRASH, VtdMachine.CRASH.first(), Permissions.READ_WRITE));
  }

  private Set<Mapping> mappings(TableId table) {
    return Set.copyOf(MappingSet.of(machine.tables(), table));
  }

  /** A store that leads from the tables that were there to a new one. */
  private static Store publishing(JournalRecord journal) {
    return journal.stores().stream()
        .filter(store -> !VtdMachine.ARENA.contains(store.address()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void armingMapsTheCrashRangeInEveryTableAndDisarmingRestoresEveryByte() throws IOException {
    Journal journal = armed();
    assertEquals(State.ARMED, journal.content().state());
    assertTrue(isIdentityMapped(VtdMachine.DISK_TABLE));
    assertTrue(isIdentityMapped(VtdMachine.NETWORK_TABLE));

    DisarmResult result = hand().disarm();
    assertTrue(result.isComplete());
    assertEquals(journal.content().stores().size(), result.restoredCount());
    assertArrayEquals(before, bytes());
    assertEquals(
        State.DISARMED, Journal.open(Journal.fileFor(directory, TARGET)).content().state());
  }

  @Test
  void armingAgainIsRefusedUntilDisarmed() throws IOException {
    armed();
    Refusal refusal = refused(hand().arm(plan()));
    assertEquals(Kind.IN_USE, refusal.kind());
    hand().disarm();
    armed();
  }

  @Test
  void aJournalWhoseTablesAreGoneDoesNotStandInTheWay() throws IOException {
    Journal old = armed();
    for (Store store : old.content().stores()) {
      if (!VtdMachine.ARENA.contains(store.address())) {
        memory.writeLong(store.address(), 0);
      }
    }
    armed();
  }

  @Test
  void disarmingAGuestThatWasRestartedTouchesNothingAndSaysSo() throws IOException {
    armed();
    for (long at = 0; at < VtdMachine.MEMORY_BYTES; at += Long.BYTES) {
      memory.writeLong(at, 0);
    }
    VtdMachine.buildIn(memory);
    for (long at = VtdMachine.ARENA.first(); at < VtdMachine.ARENA.last(); at += Long.BYTES) {
      memory.writeLong(at, 0);
    }
    byte[] restarted = bytes();
    DisarmResult result = hand().disarm();
    assertEquals(DisarmResult.Standing.GONE, result.standing());
    assertTrue(result.isComplete());
    assertEquals(0, result.restoredCount());
    assertArrayEquals(restarted, bytes());
    assertEquals(
        State.DISARMED, Journal.open(Journal.fileFor(directory, TARGET)).content().state());
  }

  @Test
  void pagesOfATornDownDomainAreLeftAloneAndTheOthersRestored() throws IOException {
    JournalRecord journal = armed().content();
    memory.writeLong(publishing(journal).address(), 0);
    AddressRange freed = journal.newPages().getFirst();
    memory.writeLong(freed.first(), FOREIGN);
    DisarmResult result = hand().disarm();
    assertTrue(result.isComplete());
    assertTrue(result.gonePages().contains(freed), result.toString());
    assertEquals(FOREIGN, memory.readLong(freed.first()));
    assertFalse(isIdentityMapped(VtdMachine.NETWORK_TABLE));
    assertEquals(0, hand().disarm().restoredCount());
  }

  @Test
  void disarmingTwiceChangesNothing() throws IOException {
    armed();
    hand().disarm();
    DisarmResult again = hand().disarm();
    assertTrue(again.isComplete());
    assertEquals(0, again.restoredCount());
    assertEquals(DisarmResult.Standing.TAKEN_BACK, again.standing());
    assertArrayEquals(before, bytes());
  }

  @Test
  void disarmingAgainCountsOnlyWordsThatAreAsBefore() throws IOException {
    List<Store> stores = armed().content().stores();
    long wordCount = stores.stream().map(Store::address).distinct().count();
    hand().disarm();
    assertEquals(wordCount, hand().disarm().untouchedCount());
    memory.writeLong(stores.getFirst().address(), FOREIGN);
    assertEquals(wordCount - 1, hand().disarm().untouchedCount());
  }

  @Test
  void aJournalFolderThatCannotBeMadeIsNamedAndNothingIsWritten() {
    Path nowhere = Path.of("/proc/crashlane");
    MemoryHand hand = new MemoryHand(TARGET, memory, machine.tables(), nowhere);
    ArmingPlan plan = plan();
    IOException e = assertThrows(IOException.class, () -> hand.arm(plan));
    assertEquals(nowhere + ": a directory for journals cannot be made there", e.getMessage());
    assertArrayEquals(before, bytes());
  }

  @Test
  void moreStoresThanAJournalHoldsAreRefusedBeforeThereIsOne() throws IOException {
    ArmingPlan plan = plan();
    List<Store> many = Collections.nCopies(Journal.STORE_COUNT_MAX + 1, plan.stores().getFirst());
    ArmingPlan large =
        new ArmingPlan(TARGET, plan.windows(), plan.tables(), plan.newPages(), many, plan.notes());
    assertEquals(Kind.TOO_MANY_STORES, refused(hand().arm(large)).kind());
    assertFalse(Files.exists(Journal.fileFor(directory, TARGET)));
    assertArrayEquals(before, bytes());
  }

  @Test
  void aWordThatHasChangedSinceThePlanIsRefusedAndNothingIsWritten() throws IOException {
    ArmingPlan plan = plan();
    memory.writeLong(plan.stores().getLast().address(), FOREIGN);
    byte[] changed = bytes();
    assertEquals(Kind.CHANGED, refused(hand().arm(plan)).kind());
    assertArrayEquals(changed, bytes());
    assertFalse(Files.exists(Journal.fileFor(directory, TARGET)));
  }

  @Test
  void aTableThatTheGuestHasMappedThroughStaysAndTheArmedLeavesInItGo() throws IOException {

    List<Mapping> unarmed = MappingSet.of(machine.tables(), VtdMachine.NETWORK_TABLE);
    JournalRecord journal = armed().content();
    machine.map(VtdMachine.NETWORK_TABLE, MAPPED_LATER, 0x310000, READ_WRITE);

    DisarmResult result = hand().disarm();
    List<Mapping> wanted = new ArrayList<>(unarmed);
    wanted.add(new Mapping(AddressRange.ofSize(MAPPED_LATER, 0x1000), 0x310000, READ_WRITE));
    assertEquals(Set.copyOf(wanted), mappings(VtdMachine.NETWORK_TABLE));
    assertFalse(result.isComplete());
    assertEquals(1, result.refused().size(), result.toString());
    assertEquals(1, result.keptPages().size(), result.toString());
    assertTrue(journal.newPages().containsAll(result.keptPages()));
    assertFalse(isIdentityMapped(VtdMachine.DISK_TABLE));
  }

  @Test
  void aTableThatTheGuestHasCleanedUpAgainIsTakenOutByTheNextDisarming() throws IOException {
    armed();
    machine.map(VtdMachine.NETWORK_TABLE, VtdMachine.CRASH.last() + 1, 0x310000, READ_WRITE);
    DisarmResult first = hand().disarm();
    assertEquals(2, first.keptPages().size(), first.toString());
    assertEquals(
        List.of(new Mapping(AddressRange.ofSize(0x1804000, 0x1000), 0x310000, READ_WRITE)),
        mappings(VtdMachine.NETWORK_TABLE).stream()
            .filter(mapping -> mapping.iova().first() < VtdMachine.LEFTOVER_IOVA)
            .toList());

    memory.writeLong(first.refused().getFirst().store().address(), 0);
    assertTrue(hand().disarm().isComplete());
    assertArrayEquals(before, bytes());
  }

  @Test
  void aWordThatHappenedToHoldWhatIsWantedIsKnownAsArmed() throws IOException {
    ArmingPlan plan = plan();
    Store leaf =
        plan.stores().stream()
            .filter(store -> VtdMachine.ARENA.contains(store.address()) && store.after() != 0)
            .findFirst()
            .orElseThrow();
    memory.writeLong(leaf.address(), leaf.after());
    rememberMemory();
    assertInstanceOf(ArmResult.Armed.class, hand().arm(plan(List.of(leaf))));
    assertTrue(hand().disarm().isComplete());
    assertArrayEquals(before, bytes());
  }

  @Test
  void newTablesStayWhileAChangedWordStillLeadsToThem() throws IOException {
    JournalRecord journal = armed().content();
    Store publish = publishing(journal);
    long changed = publish.after() | IGNORED_BIT;
    memory.writeLong(publish.address(), changed);
    DisarmResult result = hand().disarm();
    assertEquals(List.of(new RefusedWord(publish, changed)), result.refused());
    assertEquals(1, result.keptPages().size(), result.toString());
    assertFalse(result.isComplete());
    assertFalse(isIdentityMapped(VtdMachine.DISK_TABLE));
    assertFalse(isIdentityMapped(VtdMachine.NETWORK_TABLE));

    memory.writeLong(publish.address(), publish.after());
    assertTrue(hand().disarm().isComplete());
    assertArrayEquals(before, bytes());
  }

  @Test
  void aPageThatIsNoLongerAsPlannedIsRefusedAndNothingIsWritten() throws IOException {
    ArmingPlan plan = plan();
    long unstored = plan.newPages().getFirst().last() + 1 - Long.BYTES;
    memory.writeLong(unstored, FOREIGN);
    byte[] changed = bytes();
    assertEquals(Kind.CHANGED, refused(hand().arm(plan)).kind());
    assertArrayEquals(changed, bytes());
    assertFalse(Files.exists(Journal.fileFor(directory, TARGET)));
  }

  @Test
  void storesThatDoNotReadBackAreTakenBack() throws IOException {
    ArmingPlan plan = plan();
    Store last = plan.stores().getLast();
    StoreHook deaf =
        new StoreHook(
            memory,
            (address, value) -> {
              if (address == last.address() && value == last.after()) {
                memory.writeLong(address, FOREIGN);
              }
            });
    MemoryHand hand = new MemoryHand(TARGET, deaf, machine.tables(), directory);
    Refusal refusal = refused(hand.arm(plan));
    assertEquals(Kind.NOT_CONFIRMED, refusal.kind());
    assertEquals(
        new ReadsBack(last.address(), last.after(), FOREIGN), refusal.evidence().getFirst());
    assertFalse(isIdentityMapped(VtdMachine.DISK_TABLE));
    memory.writeLong(last.address(), last.before());
    assertArrayEquals(before, bytes());
  }

  @Test
  void aSecondHandIsRefusedWhileTheFirstWorks() throws IOException {
    ArmingPlan plan = plan();
    Refusal[] second = new Refusal[1];
    StoreHook meddling =
        new StoreHook(
            memory,
            (address, _) -> {
              if (address == plan.stores().getFirst().address()) {
                second[0] = refused(uncheckedArm(plan));
                assertThrows(IOException.class, () -> hand().disarm());
              }
            });
    MemoryHand first = new MemoryHand(TARGET, meddling, machine.tables(), directory);
    assertInstanceOf(ArmResult.Armed.class, first.arm(plan));
    assertEquals(Kind.IN_USE, second[0].kind());
    assertEquals(List.of(Fact.BUSY), second[0].evidence());
  }

  private ArmResult uncheckedArm(ArmingPlan plan) {
    try {
      return hand().arm(plan);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void armingWhatIsMappedAlreadyWritesNothing() throws IOException {
    for (TableId table : List.of(VtdMachine.DISK_TABLE, VtdMachine.NETWORK_TABLE)) {
      VtdMachine.CRASH_PAGES.forEach(
          page -> machine.map(table, page, page, Permissions.READ_WRITE));
    }
    PlanRequest withoutArena =
        new PlanRequest(
            TARGET, Window.ofCrashRanges(List.of(VtdMachine.CRASH)), Set.of(), Optional.empty());
    ArmingPlan plan = assertInstanceOf(PlanResult.Planned.class, machine.plan(withoutArena)).plan();
    assertEquals(List.of(), plan.stores());
    assertEquals(new ArmResult.Unneeded(plan), hand().arm(plan));
    IOException e = assertThrows(IOException.class, hand()::disarm);
    assertTrue(e.getMessage().contains("was not armed here"), e.getMessage());
    assertTrue(isIdentityMapped(VtdMachine.DISK_TABLE));
  }

  @Test
  void disarmingWithoutAJournalSaysSo() {
    IOException e = assertThrows(IOException.class, () -> hand().disarm());
    assertTrue(e.getMessage().contains("/dev/shm/test.ram was not armed here"), e.getMessage());
  }

  @Test
  void theJournalOfAnotherTargetIsRefusedByFileAndOffset() throws IOException {
    armed();
    Target other = new Target("/dev/shm/test.ram", "memory of another test");
    Files.copy(Journal.fileFor(directory, TARGET), Journal.fileFor(directory, other));
    MemoryHand hand = new MemoryHand(other, memory, machine.tables(), directory);
    MalformedInputException e = assertThrows(MalformedInputException.class, hand::disarm);
    assertEquals(Journal.fileFor(directory, other).toString(), e.source());
    assertEquals("crashlane-journal 1\ntarget /dev/shm/test.ram\n".length(), e.offset());
    assertEquals(
        "the journal of another target: memory of the test, not memory of another test",
        e.reason());
  }

  @Test
  void aPlanForAnotherTargetIsTheCallersMistake() {
    ArmingPlan plan = plan();
    MemoryHand other = new MemoryHand(new Target("x", "y"), memory, machine.tables(), directory);
    assertThrows(IllegalArgumentException.class, () -> other.arm(plan));
  }

  @Test
  void largeCrashRangesArmAndDisarm() throws IOException {
    machine.withLargeLeaves();
    AddressRange crash = AddressRange.ofSize(0x1201000, 0xc00000);
    PlanRequest request =
        new PlanRequest(
            TARGET,
            Window.ofCrashRanges(List.of(crash)),
            Set.of(),
            Optional.of(VtdMachine.ARENA),
            VtdMachine.earlier());
    ArmingPlan plan = assertInstanceOf(PlanResult.Planned.class, machine.plan(request)).plan();
    assertInstanceOf(ArmResult.Armed.class, hand().arm(plan));
    assertTrue(
        MappingSet.of(machine.tables(), VtdMachine.DISK_TABLE)
            .contains(new Mapping(crash, crash.first(), Permissions.READ_WRITE)));
    assertTrue(hand().disarm().isComplete());
    assertArrayEquals(before, bytes());
  }
}
