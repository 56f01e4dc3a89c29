// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.crash.ArmTiming;
import org.crashlane.model.crash.Crash;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.model.crash.CrashResult;
import org.crashlane.model.crash.Results;
import org.crashlane.model.crash.Schedule;
import org.crashlane.model.crash.Trace;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.crash.Workload;
import org.crashlane.model.crash.World;
import org.crashlane.model.explore.Exploration;
import org.crashlane.model.explore.Explorer;
import org.crashlane.model.explore.ExplorerLimits;
import org.crashlane.model.explore.SmallMachine;
import org.crashlane.model.fault.TrialMachines;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.hardware.UnitTables;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.file.BuiltInMachines;
import org.crashlane.model.spec.file.MachineFile;
import org.crashlane.rehearsal.ArmReport;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The proposal, statement by statement: docs/rule.md has the statements, and which test shows each.
 * What the small machines show holds for every order of things on them.
 */
final class StatementsTest {
  private static final int STEPS = 400;
  private static final int PAGE_BYTES = 4096;
  private static final List<MappingMode> TRANSLATING =
      List.of(MappingMode.CALGARY, MappingMode.VTD, MappingMode.AMDVI);
  private static final List<Strategy> LOOKING =
      List.of(Strategy.OFF, Strategy.ADOPT, Strategy.ABORT, Strategy.RESET);
  private static final Map<String, Exploration> EXPLORED = new ConcurrentHashMap<>();
  private static final Pattern CRASH = Pattern.compile("crash:\\n( {2}- .*\\n| *#.*\\n)+");
  private static final Pattern ANY_MASK = Pattern.compile(" *dma-mask: .*\\n");

  /** One command for each device: enough to find all that is violated. */
  private static final Workload LITTLE = new Workload(2, 1, false, 1 << 16);

  private static final Set<Kind> OF_LEFTOVERS =
      EnumSet.of(
          Kind.LEFTOVER_IN_CRASH_RANGE, Kind.LEFTOVER_IOVA_IN_CRASH_RANGE, Kind.LEFTOVER_ASTRAY);
  private static final Set<Kind> OF_CAPTURE_IO =
      EnumSet.of(Kind.CAPTURE_BLOCKED, Kind.CAPTURE_ASTRAY, Kind.CAPTURE_UNMAPPABLE);

  private static Exploration explore(CrashPlan plan) throws InterruptedException {
    Exploration all = Explorer.explore(plan.withWorkload(LITTLE), ExplorerLimits.usual(), _ -> {});
    assertTrue(all.isComplete());
    assertTrue(all.dumpCount() + all.lostCount() > 0);
    return all;
  }

  /** Several statements are about the same orders: they are gone through once. */
  private static Exploration explore(MappingMode mode, Strategy strategy)
      throws InterruptedException {
    String name = mode + " " + strategy;
    if (!EXPLORED.containsKey(name)) {
      EXPLORED.put(name, explore(SmallMachine.plan(mode, strategy)));
    }
    return EXPLORED.get(name);
  }

  private static Set<Kind> violated(Exploration all) {
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    all.counterexamples().forEach(c -> kinds.add(c.violation().kind()));
    return kinds;
  }

  private static void assertNone(Set<Kind> wanted, Exploration all) {
    Set<Kind> found = violated(all);
    found.retainAll(wanted);
    assertEquals(Set.of(), found);
  }

  private static CrashResult crash(MachineSpec machine, Strategy strategy) {
    return new Crash(CrashPlan.of(machine, strategy), new Background(1))
        .random(1, STEPS, Trace.NONE);
  }

  private static boolean broken(Verdict verdict, FindingCode code) {
    return verdict.findings().stream()
        .anyMatch(f -> f.code() == code && f.severity() == Severity.BROKEN);
  }

  /**
   * As long as the IOMMU is left as it is; firmware's memory in the crash range is another matter.
   */
  @ParameterizedTest
  @EnumSource
  void theCaptureKernelIsNotOverwrittenByLeftovers(MappingMode mode) throws InterruptedException {
    assertNone(EnumSet.of(Kind.LEFTOVER_IN_CRASH_RANGE), explore(mode, Strategy.NONE));
    CrashResult result = crash(BuiltInMachines.of(mode), Strategy.NONE);
    assertEquals(0, result.violations().count(Kind.LEFTOVER_IN_CRASH_RANGE));
  }

  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "VTD", "AMDVI"})
  void keepingTheCrashRangeOutOfWhatIsHandedOutIsNecessary(MappingMode mode)
      throws InterruptedException {
    assertTrue(violated(explore(mode, Strategy.NONE)).contains(Kind.LEFTOVER_IOVA_IN_CRASH_RANGE));
    assertNone(OF_LEFTOVERS, explore(mode, Strategy.RESERVE));
    CrashPlan unreserved =
        SmallMachine.plan(mode, Strategy.IDENTITY).withTiming(ArmTiming.UNRESERVED);
    assertTrue(explore(unreserved).lostCount() > 0, "identity without it loses dumps too");
  }

  /** The harm: the page that such an address stands for cannot be identity-mapped any more. */
  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "VTD", "AMDVI"})
  void keepingTheCrashRangeOutTooLateLeavesItUnarmedAndLosesTheDump(MappingMode mode) {
    CrashPlan late =
        CrashPlan.of(SmallMachine.of(mode), Strategy.IDENTITY)
            .withWorkload(new Workload(8, -1, true, 1 << 16))
            .withTiming(ArmTiming.LATE);
    CrashResult result = new Crash(late, new Background(1)).random(1, STEPS, Trace.NONE);
    assertFalse(result.armed().conflicts().isEmpty());
    assertEquals(0, result.armed().cost().entryCount());
    assertTrue(broken(result.tablesAtPanic(), FindingCode.A4));
    assertFalse(result.seen().dump().gotThrough());
  }

  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "VTD", "AMDVI"})
  void thatAloneSavesNoDump(MappingMode mode) throws InterruptedException {
    Exploration all = explore(mode, Strategy.RESERVE);
    assertEquals(Set.of(Kind.CAPTURE_BLOCKED), violated(all));
    assertEquals(0, all.dumpCount());
  }

  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "VTD", "AMDVI"})
  void identityMappingLetsTheIommuThatStillRunsPassTheCaptureKernelsIo(MappingMode mode)
      throws InterruptedException {
    Exploration all = explore(mode, Strategy.IDENTITY);
    assertEquals(Verdict.Answer.HOLDS, all.answer());
    assertEquals(0, all.lostCount());
    CrashResult result = crash(BuiltInMachines.of(mode), Strategy.IDENTITY);
    assertTrue(result.seen().dump().gotThrough(), result.failure()::toString);
    assertTrue(result.seen().translatingAtEnd());
    assertEquals(0, Results.captureBlocked(result));
  }

  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "VTD", "AMDVI"})
  void theSubsetOfPagesThatIsTheTargetOfIoIsEnough(MappingMode mode) throws InterruptedException {
    CrashPlan plan = SmallMachine.plan(mode, Strategy.IDENTITY);
    long first = plan.machine().crashRanges().getFirst().first();
    int needed = PAGE_BYTES + (1 << 16); // The ring, and a chunk of the dump.
    assertTrue(needed < plan.machine().crashRanges().getFirst().sizeBytes());
    Exploration enough = explore(plan.withArmed(List.of(AddressRange.ofSize(first, needed))));
    assertEquals(Verdict.Answer.HOLDS, enough.answer());
    assertEquals(0, enough.lostCount());
    AddressRange short1 = AddressRange.ofSize(first, needed - PAGE_BYTES);
    Exploration pageMissing = explore(plan.withArmed(List.of(short1)));
    assertEquals(Set.of(Kind.CAPTURE_BLOCKED), violated(pageMissing));
    assertEquals(0, pageMissing.dumpCount());
  }

  @ParameterizedTest
  @EnumSource
  void theCaptureKernelTouchesNoIommuAndGetsItsDumpAllTheSame(MappingMode mode)
      throws InterruptedException {
    CrashResult result = crash(BuiltInMachines.of(mode), Strategy.IDENTITY);
    assertEquals(List.of(), result.seen().detection());
    assertEquals(List.of(), result.seen().registerWritesAfterCrash());
    assertTrue(result.seen().dump().gotThrough(), result.failure()::toString);
    assertFalse(violated(explore(mode, Strategy.IDENTITY)).contains(Kind.IOMMU_TOUCHED));
  }

  /** Without which the above would say nothing: the record of touches is no blank sheet. */
  @ParameterizedTest
  @MethodSource("strategiesThatLook")
  void theCaptureKernelThatLooksAtAnIommuIsSeenToTouchIt(MappingMode mode, Strategy strategy) {
    CrashResult result = crash(BuiltInMachines.of(mode), strategy);
    assertFalse(result.seen().detection().isEmpty());
    assertFalse(result.seen().registerWritesAfterCrash().isEmpty());
    assertTrue(result.violations().count(Kind.IOMMU_TOUCHED) > 0);
  }

  static List<Arguments> strategiesThatLook() {
    List<Arguments> all = new ArrayList<>();
    for (MappingMode mode : TRANSLATING) {
      for (Strategy strategy : LOOKING) {
        all.add(Arguments.of(mode, strategy));
      }
    }
    return all;
  }

  @ParameterizedTest
  @EnumSource(names = {"NOMMU", "SWIOTLB", "GART"})
  void threeModesNeedNoSetUp(MappingMode mode) {
    CrashResult result = crash(BuiltInMachines.of(mode), Strategy.IDENTITY);
    assertEquals(ArmReport.NOTHING_NEEDED, result.armed());
    assertEquals(0, Results.tally(result).arming().stepCount());
  }

  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "VTD", "AMDVI"})
  void theOthersNeedSomeOrConsiderableSetUp(MappingMode mode) {
    CrashResult result = crash(BuiltInMachines.of(mode), Strategy.IDENTITY);
    assertTrue(result.armed().isComplete());
    assertTrue(result.armed().cost().entryCount() > 0);
    assertEquals(mode != MappingMode.CALGARY, result.armed().cost().tablePageCount() > 0);
    assertTrue(Results.tally(result).arming().stepCount() >= result.armed().cost().entryCount());
  }

  /** Remapped or not: what a disk cannot put on the bus no table makes up for. */
  @ParameterizedTest
  @EnumSource
  void aCrashRangeOutOfTheDisksReachIsFoundBeforeTheCrashAndLosesTheDump(MappingMode mode) {
    MachineSpec machine =
        changed(
            mode,
            text ->
                CRASH
                    .matcher(ANY_MASK.matcher(text).replaceAll(""))
                    .replaceAll("crash:\n  - {at: 0x100000000, size: 128M}\n")
                    .replace("dump-path: true", "dma-mask: 32\n    dump-path: true"));
    CrashResult result = crash(machine, Strategy.IDENTITY);
    assertTrue(broken(result.tablesAtPanic(), FindingCode.B1), result.tablesAtPanic()::toString);
    assertFalse(result.dumped());
  }

  /** Beyond 39 bits with an IOMMU that has so many; beyond 4 GiB where a table has an end there. */
  @ParameterizedTest
  @CsvSource({"CALGARY, 0x100000000", "VTD, 0x8000000000"})
  void aCrashRangeOutOfTheIommusReachIsFoundBeforeTheCrashAndLosesTheDump(
      MappingMode mode, String at) {
    MachineSpec machine =
        changed(
            mode,
            text ->
                CRASH
                    .matcher(text)
                    .replaceAll("crash:\n  - {at: " + at + ", size: 128M}\n")
                    .replace("{at: 0x100000000, size: 256M}", "{at: " + at + ", size: 256M}")
                    .replace("host-address-width: 39", "host-address-width: 46")
                    .replace("address-width: 48", "address-width: 39"));
    CrashResult result = crash(machine, Strategy.IDENTITY);
    assertTrue(broken(result.tablesAtPanic(), FindingCode.B2), result.tablesAtPanic()::toString);
    assertFalse(result.dumped());
  }

  @ParameterizedTest
  @MethodSource("strategiesThatLook")
  void aCaptureKernelThatDoesNotIgnoreTheIommuIsNamedForIt(MappingMode mode, Strategy strategy) {
    Verdict verdict = rehearse(mode, strategy).verdict();
    assertTrue(broken(verdict, FindingCode.C1), verdict::toString);
    assertTrue(broken(verdict, FindingCode.C2), verdict::toString);
  }

  private static Rehearsal rehearse(MappingMode mode, Strategy strategy) {
    return new ModelStage(BuiltInMachines.of(mode), 1)
        .rehearse(Scenario.of(mode, strategy), _ -> {});
  }

  /** The proposal's last line begins with "Possible?". */
  @ParameterizedTest
  @EnumSource
  void itIsPossibleInEveryMode(MappingMode mode) {
    Rehearsal rehearsal = rehearse(mode, Strategy.IDENTITY);
    assertEquals(Answer.HOLDS, rehearsal.verdict().answer(), rehearsal.verdict()::toString);
    assertTrue(rehearsal.asPredicted());
    assertTrue(crash(BuiltInMachines.of(mode), Strategy.IDENTITY).seen().dump().gotThrough());
  }

  /** Statements 1a, 2a, 3a: what is done about the crash makes no difference at all. */
  @ParameterizedTest
  @EnumSource(names = {"NOMMU", "SWIOTLB", "GART"})
  void withoutAnySetUpAllGoesAsWithIt(MappingMode mode) throws InterruptedException {
    Exploration none = explore(mode, Strategy.NONE);
    Exploration identity = explore(mode, Strategy.IDENTITY);
    assertEquals(Verdict.Answer.HOLDS, none.answer());
    assertEquals(0, none.lostCount());
    assertEquals(identity.stateCount(), none.stateCount());
    assertEquals(identity.transitionCount(), none.transitionCount());
    assertEquals(identity.dumpCount(), none.dumpCount());
  }

  /** Statements 1b, 2b, 3b. */
  @ParameterizedTest
  @EnumSource(names = {"NOMMU", "SWIOTLB", "GART"})
  void leftoversGoToThePrimarysBuffersOutsideTheCrashRange(MappingMode mode)
      throws InterruptedException {
    assertNone(OF_LEFTOVERS, explore(mode, Strategy.NONE));
    CrashResult result = crash(BuiltInMachines.of(mode), Strategy.NONE);
    assertTrue(Results.tally(result).leftoverPassedCount() > 0);
    assertEquals(List.of(), result.violations().all());
  }

  /** Statements 1c, 2c, 3c. */
  @ParameterizedTest
  @EnumSource(names = {"NOMMU", "SWIOTLB", "GART"})
  void captureIoGoesToBuffersInTheCrashRange(MappingMode mode) throws InterruptedException {
    Exploration all = explore(mode, Strategy.NONE);
    assertNone(OF_CAPTURE_IO, all);
    assertEquals(0, all.lostCount());
    assertTrue(crash(BuiltInMachines.of(mode), Strategy.NONE).seen().dump().gotThrough());
  }

  @Test
  void anApertureOverMemoryIsInTheWayOfTheDumpAndNotOfDma() {
    CrashResult result =
        crash(BuiltInMachines.find("gart-over-ram").orElseThrow(), Strategy.IDENTITY);
    assertFalse(result.seen().dump().gotThrough());
    assertEquals(
        List.of(Kind.READ_THROUGH_APERTURE),
        result.violations().all().stream()
            .map(v -> v.kind())
            .filter(k -> k != Kind.DUMP_DIFFERS)
            .toList());
  }

  /** Statements 4d and 5b: neither the IOVA nor the page lies in the crash range. */
  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "VTD", "AMDVI"})
  void leftoversAreRemappedToThePrimarysBuffersAndNeitherAddressIsInTheCrashRange(MappingMode mode)
      throws InterruptedException {
    assertNone(OF_LEFTOVERS, explore(mode, Strategy.IDENTITY));
    CrashResult result = crash(BuiltInMachines.of(mode), Strategy.IDENTITY);
    assertTrue(Results.tally(result).leftoverPassedCount() > 0);
    assertEquals(0, Results.tally(result).corruptedByteCount());
    assertEquals(List.of(), result.violations().all());
    assertNothingButItselfIsMappedInTheCrashRange(BuiltInMachines.of(mode));
  }

  /** By the tables themselves at the panic, whatever the model's invariants say. */
  private static void assertNothingButItselfIsMappedInTheCrashRange(MachineSpec machine) {
    int[] leftoverCount = {0};
    World start = armed(machine);
    Schedule.random(
        start,
        1,
        STEPS,
        world -> {
          for (UnitTables unit : world.remapper().tables(machine, world.memory())) {
            for (Attachment attachment : unit.tables().devices().attachments()) {
              if (attachment instanceof Attachment.Translated translated) {
                leftoverCount[0] += leftovers(unit.tables(), translated, machine);
              }
            }
          }
        });
    assertTrue(leftoverCount[0] > 0, "no leftover mapping at the panic");
  }

  /** {@return how many mappings lead elsewhere, none of which touches a crash range} */
  private static int leftovers(
      TranslationTables tables, Attachment.Translated attachment, MachineSpec machine) {
    List<Mapping> elsewhere = new ArrayList<>();
    tables.walk(
        attachment.table(),
        new WalkVisitor() {
          @Override
          public void mapping(long first, long last, long physical, Permissions permissions) {
            Mapping mapping = new Mapping(new AddressRange(first, last), physical, permissions);
            if (!mapping.isIdentity()) {
              elsewhere.add(mapping);
            }
          }

          @Override
          public void malformed(Malformation malformation) {
            throw new AssertionError(malformation.toString());
          }
        });
    for (Mapping mapping : elsewhere) {
      assertFalse(machine.inCrashRange(mapping.iova()), mapping::toString);
      assertFalse(machine.inCrashRange(mapping.physical()), mapping::toString);
    }
    return elsewhere.size();
  }

  /** Statements 4e and 5c: what a device puts on the bus and where it goes are the same. */
  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "VTD", "AMDVI"})
  void captureIoIsRemappedToTheSameAddress(MappingMode mode) throws InterruptedException {
    assertNone(OF_CAPTURE_IO, explore(mode, Strategy.IDENTITY));
    assertCrashRangesLeadToThemselves(BuiltInMachines.of(mode));
  }

  @ParameterizedTest
  @EnumSource(names = {"VTD", "AMDVI"})
  void captureIoIsRemappedToTheSameAddressInASecondCrashRangeToo(MappingMode mode) {
    MachineSpec machine =
        changed(
            mode,
            text ->
                CRASH
                    .matcher(text)
                    .replaceAll(
                        """
                        crash:
                          - {at: 0x100000000, size: 64M}
                          - {at: 0x10000000, size: 68K}
                        """));
    assertEquals(2, machine.crashRanges().size());
    assertCrashRangesLeadToThemselves(machine);
  }

  /** First and last word of each page, by what stands for the hardware. */
  private static void assertCrashRangesLeadToThemselves(MachineSpec machine) {
    World world = armed(machine);
    for (DeviceSpec device : machine.dumpPath()) {
      for (AddressRange range : machine.crashRanges()) {
        for (long page = range.first(); page < range.last(); page += PAGE_BYTES) {
          assertLeadsToItself(world, device, page);
          assertLeadsToItself(world, device, page + PAGE_BYTES - Long.BYTES);
        }
      }
    }
  }

  private static void assertLeadsToItself(World world, DeviceSpec device, long address) {
    for (Access access : Access.values()) {
      Request request = new Request(device.requester(), address, access);
      assertEquals(
          new Outcome.Reached(address), world.remapper().translate(world.memory(), request));
    }
  }

  @Test
  void eachDeviceThatTheCaptureKernelNeedsIsArmedAndOneLeftOutIsNamed()
      throws InterruptedException {
    CrashPlan plan =
        SmallMachine.plan(MappingMode.VTD, Strategy.IDENTITY)
            .withSabotage(TrialMachines.fault("vtd-arm-forgets-last-device").sabotage());
    Exploration all = explore(plan);
    assertTrue(violated(all).contains(Kind.CAPTURE_BLOCKED));
    assertEquals(0, all.dumpCount());
    Verdict verdict = Crash.judgeTables(World.boot(plan, new Background(1), Trace.NONE));
    Finding finding =
        verdict.findings().stream()
            .filter(f -> f.code() == FindingCode.A1)
            .findFirst()
            .orElseThrow();
    assertTrue(finding.subject().toString().contains("00:01.0 disk"), finding::toString);
  }

  @Test
  void aGuestsDeviceDoesNotGainTheCrashRange() {
    World world = armed(BuiltInMachines.find("mixed").orElseThrow());
    MachineSpec machine = world.plan().machine();
    DeviceSpec guests =
        machine.devices().stream().filter(DeviceSpec::assignedToGuest).findFirst().orElseThrow();
    AddressRange range = machine.crashRanges().getFirst();
    for (long at = range.first(); at < range.last(); at += PAGE_BYTES) {
      for (Access access : Access.values()) {
        Request request = new Request(guests.requester(), at, access);
        assertInstanceOf(
            Outcome.Blocked.class, world.remapper().translate(world.memory(), request));
      }
    }
    assertFalse(broken(Crash.judgeTables(world), FindingCode.G1));
  }

  /** {@return the built-in machine of {@code mode} with another text} */
  private static MachineSpec changed(MappingMode mode, UnaryOperator<String> change) {
    String text = BuiltInMachines.text(mode.label()).orElseThrow();
    String changed = change.apply(text);
    assertNotEquals(text, changed);
    return MachineFile.read(mode.label() + ", changed", changed);
  }

  private static World armed(MachineSpec machine) {
    return World.boot(CrashPlan.of(machine, Strategy.IDENTITY), new Background(1), Trace.NONE);
  }
}
