// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.crashlane.machine.MemoryEncryption;
import org.crashlane.memory.Ranges;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.explore.SmallMachine;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.hardware.Page;
import org.crashlane.model.spec.DeviceKind;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.rehearsal.Adoption;
import org.crashlane.rehearsal.IommuMemory;
import org.crashlane.rehearsal.IommuMemory.Changed;
import org.crashlane.rehearsal.IommuMemory.Part;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A dump that is wrong is found out, whoever may write the page meanwhile. */
final class DumpCheckTest {
  private static final Schedule PANIC_AT_ONCE = new Schedule(List.of(), 1);

  private static World dumped() {
    return dumped(SmallMachine.plan(MappingMode.NOMMU, Strategy.NONE));
  }

  private static World dumped(CrashPlan plan) {
    World world = World.boot(plan, new Background(1), Trace.NONE);
    PANIC_AT_ONCE.replay(world, _ -> {});
    assertTrue(world.isDumpRight(), world.capture().orElseThrow().failure()::toString);
    return world;
  }

  private static boolean isWritten(World world, long address) {
    return world.primaryLedger().writable().stream().anyMatch(range -> range.contains(address));
  }

  /** {@return a dumped machine with an AMD IOMMU} */
  private static World dumped(MemoryEncryption encryption) {
    MachineSpec small = SmallMachine.of(MappingMode.AMDVI);
    MachineSpec machine =
        new MachineSpec(
            "encrypted or not",
            "for tests",
            Era.LINUX_6,
            small.ram(),
            small.crashRanges(),
            List.of(
                TestMachines.device("nic", "00:02.0", DeviceKind.RECEIVER, 64, "unit", false),
                TestMachines.device("disk", "00:01.0", DeviceKind.STORAGE, 64, "unit", true)),
            new ModeSpec.Amdvi(
                48,
                List.of(new ModeSpec.AmdviUnit("unit", 0xfed8_0000L, 48, false)),
                List.of(),
                32,
                OptionalLong.empty(),
                Adoption.COPY,
                false,
                new ModeSpec.Encryption(encryption, true)));
    return dumped(SmallMachine.plan(machine, Strategy.IDENTITY));
  }

  private static Stream<MemoryEncryption> encryptions() {
    return Stream.of(MemoryEncryption.none(), new MemoryEncryption.Host(47));
  }

  private static LongStream pages(World world) {
    return LongStream.range(0, world.dumpMap().pageCount());
  }

  private static long pageOf(World world, Part part) {
    return pages(world)
        .filter(n -> world.partAt(world.dumpMap().address(n)).equals(Optional.of(part)))
        .findFirst()
        .orElseThrow();
  }

  /** Changes the last word of a page of memory, after the panic. */
  private static void change(World world, long page) {
    long address = world.dumpMap().address(page) + Page.BYTES - Long.BYTES;
    world.memory().writeLong(address, ~world.memory().readLong(address));
  }

  /** Checks a dump that has of {@code page} what memory holds now. */
  private static void dumpAgain(World world, long page) {
    Page now = world.memory().share(world.dumpMap().address(page));
    world.disk(world.dumpDevice()).write(World.DUMP_BLOCK + page, now);
    DumpCheck.check(world);
  }

  @ParameterizedTest
  @MethodSource("encryptions")
  void whatTheIommuHasForItselfIsMemory(MemoryEncryption encryption) {
    World world = dumped(encryption);
    List<IommuMemory> own = world.remapper().ownMemory();
    assertEquals(
        Set.of(Part.DEVICE_TABLE, Part.COMMAND_BUFFER, Part.EVENT_LOG),
        own.stream().map(IommuMemory::part).collect(Collectors.toSet()));
    assertEquals(
        List.of(),
        Ranges.without(
            own.stream().map(IommuMemory::range).toList(), world.plan().machine().ram()));
  }

  @ParameterizedTest
  @MethodSource("encryptions")
  void whatADeviceMayWriteMayHaveChanged(MemoryEncryption encryption) {
    World world = dumped(encryption);
    long mask = ~encryption.addressMask();
    long target = world.primaryLedger().writable().getLast().last() & mask;
    long page =
        pages(world)
            .filter(n -> world.dumpMap().address(n) / Page.BYTES == target / Page.BYTES)
            .findFirst()
            .orElseThrow();
    long word = target - (Long.BYTES - 1);
    world.memory().writeLong(word, ~world.memory().readLong(word));
    dumpAgain(world, page);
    assertEquals(0, world.violations().count(Kind.DUMP_DIFFERS));
  }

  @ParameterizedTest
  @EnumSource(names = {"DEVICE_TABLE", "COMMAND_BUFFER", "EVENT_LOG"})
  void ofTheIommusOwnItsLogAloneMayHaveChanged(Part part) {
    World world = dumped(MemoryEncryption.none());
    long page = pageOf(world, part);
    change(world, page);
    dumpAgain(world, page);
    boolean isLog = part == Part.EVENT_LOG;
    assertEquals(isLog ? 0 : 1, world.violations().count(Kind.DUMP_DIFFERS));
    assertEquals(isLog, world.seen().isOwnAloneDifferent());
    assertEquals(List.of(), world.seen().ownDiffering());
  }

  @Test
  void onlyATableThatTheCaptureKernelWroteIsExcused() {
    World world = dumped(MemoryEncryption.none());
    long table = pageOf(world, Part.DEVICE_TABLE);
    change(world, table);
    world.seen().writtenByCapture(world.dumpMap().address(table), Long.BYTES);
    dumpAgain(world, table);
    assertTrue(world.seen().isOwnAloneDifferent());
    assertEquals(List.of(new Changed(Part.DEVICE_TABLE, 1)), world.seen().ownDiffering());
    long other =
        pages(world)
            .filter(n -> world.partAt(world.dumpMap().address(n)).isEmpty())
            .filter(n -> !isWritten(world, world.dumpMap().address(n)))
            .findFirst()
            .orElseThrow();
    change(world, other);
    dumpAgain(world, other);
    assertFalse(world.seen().isOwnAloneDifferent(), "another page differs too");
  }

  @Test
  void wrongBytesInAPageThatADeviceMayWriteAreWrongAllTheSame() {
    World world = dumped();
    long mapped =
        LongStream.range(0, world.dumpMap().pageCount())
            .filter(n -> isWritten(world, world.dumpMap().address(n)))
            .findFirst()
            .orElseThrow();
    Page others = world.memoryAtPanic().share(world.dumpMap().address(0));
    world.disk(world.dumpDevice()).write(World.DUMP_BLOCK + mapped, others);
    DumpCheck.check(world);
    assertEquals(1, world.violations().count(Kind.DUMP_DIFFERS));
  }

  @ParameterizedTest
  @EnumSource(names = {"ADOPT", "ABORT"})
  void aCaptureKernelWithoutRoomForTablesGivesUpAndSaysWhy(Strategy strategy) {
    CrashPlan plan = SmallMachine.plan(MappingMode.VTD, strategy);
    CrashPlan full = plan.withCaptureMemory(plan.machine().crashRanges());
    CrashResult result = new Crash(full, new Background(1)).replay(PANIC_AT_ONCE, Trace.NONE);
    assertTrue(
        result.failure().toString().contains("TOO_LITTLE_MEMORY"), result.failure()::toString);
  }
}
