// SPDX-License-Identifier: Apache-2.0
package org.crashlane.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.crashlane.Repository;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The arrows between the rooms of core, and what keeps its sources readable. */
final class ArchitectureTest {
  private static final String ROOT = "org.crashlane";
  private static final String VENDORS = ROOT + ".iommu.(*)..";

  /** What vendors are made of, in the same package of the house as they. */
  private static final DescribedPredicate<JavaClass> COMMON_TO_VENDORS =
      resideInAnyPackage(ROOT + ".iommu.paging..", ROOT + ".iommu.flat..");

  /** The one place that knows them all. */
  private static final String LIST_OF_VENDORS = ROOT + ".iommu.vendors..";

  /** Rooms that serve all vendors and architectures, and what of them has a reason to name one. */
  private static final Map<String, Map<String, String>> NEUTRAL =
      Map.of(
          "memory",
          Map.of(),
          "iommu",
          Map.of(),
          "iommu/paging",
          Map.of(),
          "iommu/flat",
          Map.of(),
          "machine",
          Map.of(),
          "arming",
          Map.of(),
          "rehearsal",
          Map.of(
              "MappingMode.java",
              "mapping modes have names",
              "LinuxSetting.java",
              "each vendor's driver has a parameter of its own",
              "LinuxHistory.java",
              "each vendor's driver changed in versions of its own"),
          "rule",
          Map.of(
              "FindingCode.java", "what B3 and C4 say",
              "Evidence.java", "facts that C3 and C4 rest on",
              "Reading.java", "the id that C4 names",
              "Subject.java", "the IOAPIC that C3 names",
              "Remedy.java", "Linux's options have names",
              "InterruptRules.java", "C3 is about x86 messages",
              "ProcessorRules.java", "C4 is about x2APIC"));

  /** Vendors, an architecture, and the size of its pages and tables. */
  private static final Pattern NAMED =
      Pattern.compile(
          "(?i)vt-?d\\b|vtd|amd|intel|gart|calgary|smmu|dmar|ivrs|ivmd|rmrr|npcache|second.?level"
              + "|x86|apic|0xfee|intremap|\\b512\\b|\\b4096\\b");

  private static final Pattern COMMENT = Pattern.compile("(?s)/\\*.*?\\*/|//[^\n]*");

  private static final int LINE_LIMIT = 500;

  /**
   * What each room may use besides itself and the JDK: bits ← memory, pci ← interrupt ← iommu,
   * machine ← rule ← rehearsal, arming. Firmware's tables are read in acpi, and what Linux makes of
   * them in linux: the rule knows neither.
   */
  private static final Map<String, Set<String>> ARROWS =
      Map.ofEntries(
          entry("bits", Set.of()),
          entry("memory", Set.of("bits")),
          entry("pci", Set.of("bits")),
          entry("acpi", Set.of("bits", "memory", "pci")),
          entry("interrupt", Set.of("bits", "memory", "pci")),
          entry("iommu", Set.of("bits", "memory", "pci", "interrupt")),
          entry("machine", Set.of("bits", "memory", "pci", "interrupt", "iommu")),
          entry("rule", Set.of("bits", "memory", "pci", "interrupt", "iommu", "machine")),
          entry("linux", Set.of("bits", "memory", "pci", "acpi", "interrupt")),
          entry(
              "rehearsal",
              Set.of("bits", "memory", "pci", "interrupt", "iommu", "machine", "rule")),
          entry(
              "arming", Set.of("bits", "memory", "pci", "interrupt", "iommu", "machine", "rule")));

  private static final JavaClasses CORE =
      new ClassFileImporter().importPath(Repository.root().resolve("core/target/classes"));

  @Test
  void everyClassLivesInAKnownRoom() {
    Set<String> rooms = new TreeSet<>();
    for (JavaClass c : CORE) {
      if (!c.getSimpleName().equals("module-info")) {
        rooms.add(room(c));
      }
    }
    rooms.removeAll(ARROWS.keySet());
    assertEquals(Set.of(), rooms, "rooms without arrows: say in ARROWS what they may use");
    assertTrue(CORE.size() > 50, "classes seen: " + CORE.size());
  }

  static Stream<String> rooms() {
    return ARROWS.keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("rooms")
  void roomsUseOnlyWhatLiesBelowThem(String room) {
    List<String> allowed = new ArrayList<>(List.of("java..", packages(room)));
    ARROWS.get(room).forEach(below -> allowed.add(packages(below)));
    classes()
        .that()
        .resideInAPackage(packages(room))
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(allowed.toArray(String[]::new))
        .allowEmptyShould(true)
        .because("core needs the JDK alone, and a room that looks up cannot be read alone")
        .check(CORE);
  }

  @Test
  void roomsDoNotGoInCircles() {
    slices()
        .matching(ROOT + ".(*)..")
        .should()
        .beFreeOfCycles()
        .because("what goes in a circle is one room with two names")
        .check(CORE);
  }

  @Test
  void packagesDoNotGoInCircles() {
    slices()
        .matching(ROOT + ".(**)")
        .should()
        .beFreeOfCycles()
        .because("a room inside a room is one as well")
        .check(CORE);
  }

  @Test
  void vendorsDoNotKnowEachOther() {
    slices()
        .matching(VENDORS)
        .should()
        .notDependOnEachOther()
        .ignoreDependency(alwaysTrue(), COMMON_TO_VENDORS)
        .ignoreDependency(resideInAPackage(LIST_OF_VENDORS), alwaysTrue())
        .allowEmptyShould(true)
        .because("a vendor is added or taken away without touching another")
        .check(CORE);
  }

  @Test
  void whatVendorsShareKnowsNoVendor() {
    noClasses()
        .that(COMMON_TO_VENDORS)
        .should()
        .dependOnClassesThat(resideInAPackage(ROOT + ".iommu.*..").and(not(COMMON_TO_VENDORS)))
        .because("what is common bends to the vendors by what they pass in")
        .check(CORE);
  }

  @Test
  void vendorsAreReachedThroughTheirListAlone() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".iommu.*..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT + ".iommu.*..")
        .because("one place lists the vendors, and the rest judges them alike")
        .check(CORE);
  }

  @Test
  void foreignMemoryIsTouchedInMemoryAlone() {
    noClasses()
        .that()
        .resideOutsideOfPackage(packages("memory"))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.lang.foreign..")
        .because("layouts, byte order and the life of a mapping have one owner")
        .check(CORE);
  }

  @Test
  void coreNeitherPrintsNorExits() {
    noClasses()
        .should(ACCESS_STANDARD_STREAMS)
        .orShould()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .because("what is printed, and with which exit code a run ends, is the command line's")
        .check(CORE);
  }

  @Test
  void coreNeedsNoOutsideLibrary() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "java.sql..", "javax..", "sun..", "picocli..", "tools.jackson..", "com.fasterxml..")
        .because("the rule is judged with the JDK alone, wherever it is built in")
        .check(CORE);
  }

  @Test
  void staticsDoNotChange() {
    fields()
        .that()
        .areStatic()
        .should()
        .beFinal()
        .because("same input and seed, same output: nothing is carried from one run to the next")
        .check(CORE);
  }

  @Test
  void namesSayWhatAThingIs() {
    noClasses()
        .should()
        .haveNameMatching(".*(Manager|Helper|Utils?)(\\$.*)?")
        .because("such a name hides what the class is for")
        .check(CORE);
  }

  static Stream<String> neutralRooms() {
    return NEUTRAL.keySet().stream().sorted();
  }

  /** Comments may say where a fact is from. */
  @ParameterizedTest
  @MethodSource("neutralRooms")
  void roomsThatServeAllVendorsAndArchitecturesNameNone(String room) throws IOException {
    Path folder = Repository.root().resolve("core/src/main/java/org/crashlane").resolve(room);
    Map<String, String> named = new TreeMap<>();
    Set<String> excused = new TreeSet<>(NEUTRAL.get(room).keySet());
    int seen = 0;
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        seen++;
        Matcher word = NAMED.matcher(COMMENT.matcher(Files.readString(file)).replaceAll(""));
        String name = file.getFileName().toString();
        if (word.find() && !excused.remove(name)) {
          named.put(name, word.group());
        }
      }
    }
    assertEquals(Map.of(), named, "vendors are listed in iommu.vendors alone");
    assertEquals(Set.of(), excused, "no reason is needed any more");
    assertTrue(seen > 4, "sources seen: " + seen);
  }

  @Test
  void noSourceFileIsLongerThanFiveHundredLines() throws IOException {
    Map<String, Integer> tooLong = new TreeMap<>();
    int seen = 0;
    for (Path file : mainSources(Repository.root())) {
      seen++;
      int lines = Files.readAllLines(file).size();
      if (lines > LINE_LIMIT) {
        tooLong.put(Repository.root().relativize(file).toString(), lines);
      }
    }
    assertEquals(Map.of(), tooLong, "longer than " + LINE_LIMIT + " lines: split by meaning");
    assertTrue(seen > 50, "sources seen: " + seen);
  }

  /** The main sources of every module, without what a build puts into {@code target}. */
  private static List<Path> mainSources(Path repository) throws IOException {
    List<Path> sources = new ArrayList<>();
    try (Stream<Path> modules = Files.list(repository)) {
      for (Path main : modules.map(module -> module.resolve("src/main")).toList()) {
        if (Files.isDirectory(main)) {
          try (Stream<Path> files = Files.walk(main)) {
            files.filter(file -> file.toString().matches(".*\\.(java|c|h)")).forEach(sources::add);
          }
        }
      }
    }
    return sources;
  }

  private static String room(JavaClass c) {
    String inside =
        c.getPackageName().substring(Math.min(ROOT.length() + 1, c.getPackageName().length()));
    return inside.split("\\.", 2)[0];
  }

  private static String packages(String room) {
    return ROOT + "." + room + "..";
  }
}
