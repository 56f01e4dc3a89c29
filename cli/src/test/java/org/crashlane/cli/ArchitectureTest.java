// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaModifier.STATIC;
import static com.tngtech.archunit.core.domain.JavaModifier.SYNTHETIC;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.stream.Collectors.toCollection;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.FileDescriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.memory.UnreadableMemoryException;
import org.crashlane.model.spec.file.MachineFileException;
import org.junit.jupiter.api.Test;

/** What the modules' declarations cannot say of the whole program. */
class ArchitectureTest {
  private static final String CLI = "org.crashlane.cli..";

  /** Programs of their own, each with a main method. */
  private static final String BENCH = "org.crashlane.bench..";

  /** Readers of formats: they give all that a format has, whatever is asked of it today. */
  private static final Set<String> FORMATS = Set.of("org.crashlane.acpi", "org.crashlane.image");

  /** Halves of pairs that are one with their inverse: what encodes beside what decodes. */
  private static final Set<String> INVERSES =
      Set.of(
          "guest.oracle.ProbeMemory.isMark",
          "iommu.amdvi.Command$Pages.covering",
          "iommu.amdvi.Command$Pages.last",
          "iommu.amdvi.EventRecord.decode",
          "iommu.amdvi.FaultReason.code",
          "iommu.amdvi.PageTableEntry.sizedLeaf",
          "iommu.calgary.FaultReason.code",
          "iommu.calgary.FaultReason.of",
          "iommu.gart.Aperture.ofSize",
          "iommu.gart.Gpte.isCoherent",
          "iommu.vtd.FaultReason.condition",
          "iommu.vtd.InterruptEntry.high",
          "iommu.vtd.InterruptEntry.low",
          "iommu.vtd.RemappableMessage.naming",
          "iommu.vtd.ScalableRootEntry.pointingTo",
          "machine.DmaMasks.ofBits",
          "memory.MappedImage.openRaw",
          "memory.SparseMemory.ofSize");

  /** State that a test looks at from outside. */
  private static final Set<String> STATE =
      Set.of(
          "guest.lab.RunningGuest.console",
          "guest.lab.boot.CpioArchive.contains",
          "guest.lab.judge.PanicSample.pageCount",
          "guest.live.FlatView.ranges",
          "guest.live.OutsideHand.guest",
          "guest.oracle.ProbeCounts.probeCount",
          "model.hardware.DmaDevice.isStopped",
          "model.kernel.NextFitBitmap.isTaken",
          "model.kernel.TopDownIovas.isInUse",
          "model.mode.swiotlb.SwiotlbMapping.poolMemory");

  /** Settings that no option has, and ways into a room without the command line. */
  private static final Set<String> SETTINGS =
      Set.of(
          "guest.lab.KernelChoice.withCapture",
          "guest.lab.KernelChoice.withCaptureSystem",
          "guest.lab.KernelChoice.withKaslr",
          "guest.qmp.QmpClient.awaitEvent",
          "machine.Machine.withCaptureNeeds",
          "machine.Machine.withEncryption",
          "machine.MemoryEncryption.unknown",
          "model.crash.CrashPlan.withArmed",
          "model.crash.CrashPlan.withCaptureMemory",
          "rehearsal.LinuxHistory.all",
          "report.Table.row");

  private static final String MODEL = "org.crashlane.model.";
  private static final JavaClasses ALL = everyModulesClasses();

  private static JavaClasses everyModulesClasses() {
    try (Stream<Path> modules = Files.list(Path.of(".."))) {
      List<Path> folders =
          modules.map(m -> m.resolve("target/classes")).filter(Files::isDirectory).toList();
      return new ClassFileImporter().importPaths(folders);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void everyModuleIsLookedAt() {
    for (String room : List.of("bits", "image", "model", "guest", "report", "cli")) {
      assertTrue(
          ALL.stream().anyMatch(c -> c.getPackageName().startsWith("org.crashlane." + room)), room);
    }
  }

  @Test
  void packagesDoNotGoInCircles() {
    slices()
        .matching("org.crashlane.(**)")
        .should()
        .beFreeOfCycles()
        .because("what goes in a circle is one room with two names")
        .check(ALL);
  }

  /** What tests alone use is test code; programs of their own are not shipped with this one. */
  @Test
  void whatShipsIsWhatRuns() {
    Set<JavaClass> reached = new HashSet<>();
    Deque<JavaClass> next =
        new ArrayDeque<>(List.of(ALL.get(Main.class), ALL.get(BuildFiles.class)));
    while (!next.isEmpty()) {
      JavaClass c = next.pop();
      if (reached.add(c)) {
        c.getDirectDependenciesFromSelf().stream()
            .map(dependency -> dependency.getTargetClass().getBaseComponentType())
            .forEach(next::add);
      }
    }
    Set<String> files = reached.stream().map(ArchitectureTest::file).collect(toSet());
    Set<String> unreached =
        ALL.stream()
            .filter(c -> !c.getPackageName().startsWith("org.crashlane.bench"))
            .filter(c -> !hasConstantsAlone(c))
            .map(ArchitectureTest::file)
            .filter(file -> !file.endsWith("-info") && !files.contains(file))
            .collect(toCollection(TreeSet::new));
    assertEquals(Set.of(), unreached, "main classes that Main does not reach");
  }

  /** A method that tests alone call is a test's; a program of its own may be the only caller. */
  @Test
  void whatIsWrittenIsCalled() {
    Set<JavaMethod> called =
        ALL.stream()
            .flatMap(c -> c.getCodeUnits().stream())
            .flatMap(ArchitectureTest::callees)
            .collect(toSet());
    Set<String> uncalled =
        ALL.stream()
            .flatMap(c -> c.getMethods().stream())
            .filter(m -> !FORMATS.contains(m.getOwner().getPackageName()))
            .filter(m -> !m.getOwner().getPackageName().startsWith("org.crashlane.bench"))
            .filter(m -> !m.getOwner().isAssignableTo(Throwable.class))
            .filter(m ->
                !isWrittenByTheCompiler(m)
                    && m.getAnnotations().stream()
                        .noneMatch(a -> a.getRawType().getPackageName().equals("picocli")))
            .filter(m -> declarations(m).noneMatch(d -> isForeign(d) || called.contains(d)))
            .map(m -> m.getOwner().getName().replace("org.crashlane.", "") + "." + m.getName())
            .collect(toCollection(TreeSet::new));
    Set<String> allowed = new TreeSet<>(INVERSES);
    allowed.addAll(STATE);
    allowed.addAll(SETTINGS);
    assertEquals(allowed, uncalled, "methods of main that main does not call");
  }

  /** {@return the methods that it calls or refers to; itself is not among them} */
  private static Stream<JavaMethod> callees(JavaCodeUnit unit) {
    return Stream.concat(
            unit.getMethodCallsFromSelf().stream().map(call -> call.getTarget().resolveMember()),
            unit.getMethodReferencesFromSelf().stream().map(r -> r.getTarget().resolveMember()))
        .flatMap(Optional::stream)
        .filter(m -> !m.equals(unit));
  }

  /** {@return the method itself and those that it overrides or implements} */
  private static Stream<JavaMethod> declarations(JavaMethod method) {
    JavaClass owner = method.getOwner();
    return Stream.concat(
            Stream.of(owner),
            Stream.concat(
                owner.getAllRawSuperclasses().stream(), owner.getAllRawInterfaces().stream()))
        .map(c -> c.tryGetMethod(method.getName(), names(method)))
        .flatMap(Optional::stream);
  }

  private static String[] names(JavaMethod method) {
    return method.getRawParameterTypes().stream().map(JavaClass::getName).toArray(String[]::new);
  }

  private static boolean isForeign(JavaMethod method) {
    return !method.getOwner().getPackageName().startsWith("org.crashlane");
  }

  /** Accessors of records and what every enum has; {@code main} is the launcher's. */
  private static boolean isWrittenByTheCompiler(JavaMethod method) {
    JavaClass owner = method.getOwner();
    return method.getModifiers().contains(SYNTHETIC)
        || (owner.isRecord() && owner.tryGetField(method.getName()).isPresent())
        || (owner.isEnum() && Set.of("values", "valueOf").contains(method.getName()))
        || (method.getName().equals("main") && method.getModifiers().contains(STATIC));
  }

  /** {@return true if it has nothing but constants, which the compiler copies to their users} */
  private static boolean hasConstantsAlone(JavaClass c) {
    return c.getMethods().isEmpty()
        && c.getFields().stream()
            .allMatch(f -> f.getModifiers().contains(STATIC) && f.getRawType().isPrimitive());
  }

  /** {@return the outermost class: what a source file is named after} */
  private static String file(JavaClass c) {
    return c.getName().split("\\$", 2)[0];
  }

  /** Kernels write bytes, hardware reads bytes: they meet in memory and registers alone. */
  @Test
  void theModelsHardwareKnowsNoKernel() {
    noClasses()
        .that()
        .resideInAPackage(MODEL + "hardware..")
        .or()
        .haveNameMatching(
            ".*\\.model\\.mode\\..*(Hardware|Northbridge|UnitRegisters?|ChipRegisters"
                + "|RemappingUnits?|RegisterBank|CommandBuffer|EventLog)")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(MODEL + "kernel..", MODEL + "crash..")
        .orShould()
        .dependOnClassesThat()
        .haveNameMatching(".*\\.model\\.mode\\..*(Mapping|Mode)")
        .check(ALL);
  }

  /** A mapping mode is added or taken away without touching another; some share paging. */
  @Test
  void theModelsMappingModesDoNotKnowEachOther() {
    slices()
        .matching("org.crashlane.model.mode.(*)..")
        .should()
        .notDependOnEachOther()
        .ignoreDependency(alwaysTrue(), resideInAPackage(MODEL + "mode.paging.."))
        .check(ALL);
  }

  /** Whoever uses a room as a library decides where text goes and when the process ends. */
  @Test
  void onlyTheCommandLineWritesToTheProcessesStreams() {
    noClasses()
        .that()
        .resideOutsideOfPackages(CLI, BENCH)
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .accessField(System.class, "in")
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(FileDescriptor.class)
        .check(ALL);
  }

  /** As above; a hook that has to run on the way out would be passed by. */
  @Test
  void onlyTheCommandLineEndsTheProcess() {
    noClasses()
        .that()
        .resideOutsideOfPackage(CLI)
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .check(ALL);
  }

  /** A kind that {@link Failure} does not know would be called a defect of the program. */
  @Test
  void everyExceptionIsOneThatIsDescribedToUsers() {
    classes()
        .that()
        .areAssignableTo(Throwable.class)
        .should()
        .beAssignableTo(
            assignableTo(IOException.class)
                .or(assignableTo(IllegalArgumentException.class))
                .or(assignableTo(MalformedInputException.class))
                .or(assignableTo(UnreadableMemoryException.class))
                .or(assignableTo(MachineFileException.class)))
        .check(ALL);
  }

  /** Rooms are usable without the command line. */
  @Test
  void onlyTheCommandLineKnowsPicocli() {
    noClasses()
        .that()
        .resideOutsideOfPackage(CLI)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("picocli..")
        .check(ALL);
  }
}
