// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.crashlane.arming.JournalRecord.State;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.vtd.Unit;
import org.crashlane.iommu.vtd.UnitConfig;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.ImageRegion;
import org.crashlane.memory.MappedImage;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Obstacle.Earlier;
import org.crashlane.rule.Obstacle.EarlierState;
import org.crashlane.rule.Subject.Armed;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Another process arms an image and is killed by SIGKILL before its first store and behind each.
 */
class KillTest {
  private static final int KILLED = 128 + 9;
  private static final List<RequesterId> DEVICES =
      List.of(VtdMachine.DISK, VtdMachine.DISK_SECOND, VtdMachine.NETWORK);

  @TempDir Path directory;
  private Path pristine = Path.of("");
  private Path image = Path.of("");
  private Path journals = Path.of("");

  static List<ImageRegion> wholeImage() {
    return List.of(new ImageRegion(AddressRange.ofSize(0, VtdMachine.MEMORY_BYTES), 0));
  }

  @BeforeEach
  void buildImage() throws IOException {
    pristine = directory.resolve("pristine.ram");
    image = directory.resolve("guest.ram");
    journals = directory.resolve("journals");
    Files.write(pristine, new byte[(int) VtdMachine.MEMORY_BYTES]);
    try (MappedImage memory = MappedImage.openForWriting(pristine, wholeImage())) {
      VtdMachine.buildIn(memory);
    }
    Files.copy(pristine, image, StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void aKillAtAnyStoreLeavesEachIovaAsBeforeOrArmedAndDisarmRestoresEveryByte() throws Exception {
    int storeCount = plan().stores().size();
    assertTrue(storeCount >= 15, "stores: " + storeCount);
    List<Mapping> diskBefore = mappings(VtdMachine.DISK_TABLE);
    List<Mapping> networkBefore = mappings(VtdMachine.NETWORK_TABLE);
    for (int count = 0; count <= storeCount; count++) {
      killAt("arm", count);
      requireBeforeOrArmed(diskBefore, VtdMachine.DISK_TABLE, count);
      requireBeforeOrArmed(networkBefore, VtdMachine.NETWORK_TABLE, count);
      assertEquals(State.PLANNED, journal().content().state());
      DisarmResult result = disarm();
      assertTrue(result.isComplete(), result.toString());
      assertEquals(count, result.restoredCount());
      assertArrayEquals(Files.readAllBytes(pristine), Files.readAllBytes(image));
    }
  }

  @Test
  void aKillInTheMiddleOfDisarmingIsMadeGoodByDisarmingAgain() throws Exception {
    List<Mapping> diskBefore = mappings(VtdMachine.DISK_TABLE);
    List<Mapping> networkBefore = mappings(VtdMachine.NETWORK_TABLE);
    int storeCount = plan().stores().size();
    for (int count = 0; count <= storeCount; count++) {
      assertInstanceOf(ArmResult.Armed.class, arm());
      killAt("disarm", count);
      requireBeforeOrArmed(diskBefore, VtdMachine.DISK_TABLE, count);
      requireBeforeOrArmed(networkBefore, VtdMachine.NETWORK_TABLE, count);
      assertEquals(State.DISARMING, journal().content().state());
      assertTrue(disarm().isComplete());
      assertArrayEquals(Files.readAllBytes(pristine), Files.readAllBytes(image));
    }
  }

  @Test
  void armingAgainBehindAKillIsRefusedUntilDisarmedAndTheArenaIsAsBefore() throws Exception {
    int storeCount = plan().stores().size();
    int cutOffCount = 0;
    for (int count = 1; count <= storeCount; count++) {
      killAt("arm", count);
      // Once new tables are published the planner finds them in the arena, before the hand asks.
      Refusal refusal = assertInstanceOf(Refused.class, arm()).reasons().getFirst();
      if (refusal.kind() != Refusal.Kind.ARENA_MISPLACED) {
        cutOffCount++;
        assertEquals(Refusal.Kind.IN_USE, refusal.kind());
        Earlier earlier = assertInstanceOf(Earlier.class, refusal.evidence().getFirst());
        assertEquals(EarlierState.ARMING_CUT_OFF, earlier.state());
      }
      assertTrue(disarm().isComplete());
      assertArrayEquals(Files.readAllBytes(pristine), Files.readAllBytes(image));
      assertInstanceOf(ArmResult.Armed.class, arm());
      assertTrue(disarm().isComplete());
      assertArrayEquals(Files.readAllBytes(pristine), Files.readAllBytes(image));
    }
    assertTrue(cutOffCount > 0);
  }

  @Test
  void armingAgainBehindAKillBeforeTheFirstStoreLosesNothing() throws Exception {
    killAt("arm", 0);
    assertInstanceOf(ArmResult.Armed.class, arm());
    assertTrue(disarm().isComplete());
    assertArrayEquals(Files.readAllBytes(pristine), Files.readAllBytes(image));
  }

  @Test
  void aHandOfAnotherProcessIsRefusedWhereverItsJournalsAreUntilThatIsDead() throws Exception {
    ArmingPlan plan = plan();
    Process other = standingAt("arm", 2);
    try (MappedImage memory = MappedImage.openForWriting(image, wholeImage())) {
      Target target = Target.ofFile(image);
      MemoryHand hand = new MemoryHand(target, memory, VtdMachine.in(memory).tables(), journals);
      Path elsewhere = directory.resolve("other journals");
      for (Path kept : List.of(journals, elsewhere)) {
        MemoryHand second = new MemoryHand(target, memory, VtdMachine.in(memory).tables(), kept);
        Refused refused = assertInstanceOf(Refused.class, second.arm(plan));
        assertEquals(Refusal.Kind.IN_USE, refused.reasons().getFirst().kind());
        assertEquals(
            new Armed(image.toRealPath().toString()), refused.reasons().getFirst().subject());
        assertEquals(List.of(Fact.BUSY), refused.reasons().getFirst().evidence());
      }
      kill(other);
      assertEquals(2, hand.disarm().restoredCount());
    } finally {
      kill(other);
    }
  }

  private ArmingPlan plan() throws IOException {
    try (MappedImage memory = MappedImage.openForWriting(image, wholeImage())) {
      PlanResult result = VtdMachine.in(memory).plan(VtdMachine.request(Target.ofFile(image)));
      return assertInstanceOf(PlanResult.Planned.class, result).plan();
    }
  }

  private List<Mapping> mappings(TableId table) throws IOException {
    try (MappedImage memory = MappedImage.openForWriting(image, wholeImage())) {
      return MappingSet.of(VtdMachine.in(memory).tables(), table);
    }
  }

  private Journal journal() throws IOException {
    return Journal.open(Journal.fileFor(journals, Target.ofFile(image)));
  }

  private ArmResult arm() throws IOException {
    try (MappedImage memory = MappedImage.openForWriting(image, wholeImage())) {
      Target target = Target.ofFile(image);
      VtdMachine machine = VtdMachine.in(memory);
      PlanResult result = machine.plan(VtdMachine.request(target));
      MemoryHand hand = new MemoryHand(target, memory, machine.tables(), journals);
      return switch (result) {
        case PlanResult.Planned planned -> hand.arm(planned.plan());
        case Refused refused -> refused;
      };
    }
  }

  private DisarmResult disarm() throws IOException {
    try (MappedImage memory = MappedImage.openForWriting(image, wholeImage())) {
      VtdMachine machine = VtdMachine.in(memory);
      return new MemoryHand(Target.ofFile(image), memory, machine.tables(), journals).disarm();
    }
  }

  /**
   * All that was mapped still is, what came is the identity in the crash range, and so says the
   * unit.
   */
  private void requireBeforeOrArmed(List<Mapping> before, TableId table, int count)
      throws IOException {
    List<Mapping> now = mappings(table);
    for (Mapping mapping : now) {
      boolean armed = mapping.isIdentity() && VtdMachine.CRASH.contains(mapping.iova());
      assertTrue(armed || before.contains(mapping), "store " + count + ": " + mapping);
    }
    assertTrue(now.containsAll(before), "store " + count);
    try (MappedImage memory = MappedImage.openForWriting(image, wholeImage())) {
      UnitConfig config = UnitConfig.of(VtdMachine.in(memory).registers(), 46, true);
      Iommu unit = new Unit(config).uncached(memory);
      for (RequesterId device : DEVICES) {
        for (long iova = VtdMachine.CRASH.first(); iova < VtdMachine.CRASH.last(); iova += 0x800) {
          Outcome outcome = unit.translate(new Request(device, iova, Access.WRITE));
          boolean asBefore = outcome instanceof Outcome.Blocked;
          assertTrue(
              asBefore || outcome.equals(new Outcome.Reached(iova)),
              "store " + count + ": " + outcome);
        }
      }
    }
  }

  private void killAt(String verb, int count) throws Exception {
    Process process = standingAt(verb, count);
    kill(process);
    assertEquals(KILLED, process.exitValue());
  }

  private static void kill(Process process) throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  private Process standingAt(String verb, int count) throws IOException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    String classes = Path.of("target", "classes") + ":" + Path.of("target", "test-classes");
    Process process =
        new ProcessBuilder(
                List.of(
                    java.toString(),
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    classes,
                    KilledHand.class.getName(),
                    verb,
                    image.toString(),
                    journals.toString(),
                    Integer.toString(count)))
            .redirectErrorStream(true)
            .start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    if (!KilledHand.STANDING.equals(line)) {
      // What else it says ends with it.
      process.destroyForcibly();
    }
    assertEquals(KilledHand.STANDING, line, () -> String.join("\n", out.lines().toList()));
    return process;
  }
}
