// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.stage;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.crashlane.model.crash.Crash;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.model.crash.CrashResult;
import org.crashlane.model.crash.Results;
import org.crashlane.model.crash.Trace;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.spec.file.BuiltInMachines;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What docs/rule.md says: its rows name tests that are there, and its table of alternatives. */
final class RuleDocsTest {
  private static final Path PAGE = Path.of("..", "docs", "rule.md");
  private static final Pattern ALTERNATIVE =
      Pattern.compile("\\| `(\\w+)` \\| [^|]+ \\| (kept|broken: C1, C2)[^|]* \\|");
  private static final Pattern NAMED =
      Pattern.compile("(?:(StatementsTest|CalgaryArithmeticTest)#)?(\\w+)\\*");
  private static final Pattern TEST = Pattern.compile("(\\w+(?:Test|Contract))#(\\w+)");
  private static final List<Class<?>> SHOWING =
      List.of(StatementsTest.class, CalgaryArithmeticTest.class);

  /** A method of one of the classes that show statements. */
  private record Shown(Class<?> in, String method) {}

  private static Set<Shown> tests() {
    Set<Shown> tests = new TreeSet<>((a, b) -> a.toString().compareTo(b.toString()));
    for (Class<?> in : SHOWING) {
      for (Method method : in.getDeclaredMethods()) {
        if (method.isAnnotationPresent(Test.class)
            || method.isAnnotationPresent(ParameterizedTest.class)) {
          tests.add(new Shown(in, method.getName()));
        }
      }
    }
    return tests;
  }

  /** The rows between the heading and the next: each pattern, and what it selects. */
  private static List<List<Shown>> selected() throws IOException {
    List<List<Shown>> selected = new ArrayList<>();
    boolean within = false;
    for (String line : Files.readAllLines(PAGE)) {
      if (line.startsWith("#")) {
        within = line.equals("## The proposal, statement by statement");
      }
      if (within && line.startsWith("| ")) {
        String tests = line.split("\\|", -1)[3];
        for (Matcher named = NAMED.matcher(tests); named.find(); ) {
          Class<?> in =
              "CalgaryArithmeticTest".equals(named.group(1))
                  ? CalgaryArithmeticTest.class
                  : StatementsTest.class;
          String begin = named.group(2);
          selected.add(
              tests().stream().filter(t -> t.in() == in && t.method().startsWith(begin)).toList());
        }
      }
    }
    return selected;
  }

  @Test
  void everyRowNamesTestsThatAreThereAndEveryTestHasARow() throws IOException {
    List<List<Shown>> rows = selected();
    assertFalse(rows.isEmpty());
    rows.forEach(row -> assertFalse(row.isEmpty(), "a row names no test"));
    Set<Shown> left = tests();
    rows.forEach(left::removeAll);
    assertEquals(Set.of(), left);
  }

  /** Classes of any module, by their sources. */
  @ParameterizedTest
  @ValueSource(strings = {"rule.md", "possible.md"})
  void everyTestThatIsNamedIsThere(String page) throws IOException {
    Matcher named = TEST.matcher(Files.readString(PAGE.resolveSibling(page)));
    int count = 0;
    for (; named.find(); count++) {
      String source = source(named.group(1));
      assertTrue(source.contains("void " + named.group(2)), page + ": " + named.group());
    }
    assertTrue(count > 0, page);
  }

  private static String source(String testClass) throws IOException {
    try (Stream<Path> files = Files.walk(Path.of(".."))) {
      Path file =
          files
              .filter(f -> f.endsWith(testClass + ".java"))
              .filter(f -> f.toString().contains("src/test/java"))
              .findFirst()
              .orElseThrow(() -> new AssertionError("no source of " + testClass));
      return Files.readString(file);
    }
  }

  private static Map<Strategy, Boolean> keepsTheRule() throws IOException {
    Map<Strategy, Boolean> kept = new EnumMap<>(Strategy.class);
    for (String line : Files.readAllLines(PAGE)) {
      Matcher row = ALTERNATIVE.matcher(line);
      if (row.matches()) {
        Strategy strategy = Strategy.valueOf(row.group(1).toUpperCase(Locale.ROOT));
        kept.put(strategy, row.group(2).equals("kept"));
      }
    }
    return kept;
  }

  @ParameterizedTest
  @EnumSource(names = {"CALGARY", "VTD", "AMDVI"})
  void alternativesComeToWhatTheirTableSays(MappingMode mode) throws IOException {
    Map<Strategy, Boolean> docs = keepsTheRule();
    // Keeping the addresses free is half of the rule, and no alternative to it.
    assertEquals(EnumSet.complementOf(EnumSet.of(Strategy.RESERVE)), docs.keySet());
    docs.forEach((strategy, kept) -> {
      Rehearsal rehearsal = rehearse(mode, strategy);
      for (FindingCode code : List.of(FindingCode.C1, FindingCode.C2)) {
        assertEquals(!kept, broken(rehearsal, code), mode + " " + strategy + " " + code);
      }
      assertWhatHappens(mode, strategy, rehearsal);
    });
  }

  private static void assertWhatHappens(MappingMode mode, Strategy strategy, Rehearsal rehearsal) {
    CrashResult after = crash(mode, strategy);
    CrashResult armed = crash(mode, Strategy.IDENTITY);
    switch (strategy) {
      case NONE ->
          assertAll(
              () -> assertFalse(after.dumped()),
              () -> assertTrue(Results.captureBlocked(after) > 0),
              () -> assertTrue(after.seen().translatingAtEnd()));
      case IDENTITY ->
          assertAll(
              () -> assertTrue(after.seen().dump().gotThrough(), after.failure()::toString),
              () -> assertEquals(0, Results.captureBlocked(after)),
              () -> assertEquals(List.of(), after.seen().detection()));
      case ADOPT ->
          assertAll(
              () -> assertTrue(after.dumped(), after.failure()::toString),
              () ->
                  assertEquals(
                      Results.tally(armed).leftoverPassedCount(),
                      Results.tally(after).leftoverPassedCount()),
              () -> assertEquals(0, Results.tally(after).leftoverBlockedCount()),
              () -> assertTrue(after.seen().translatingAtEnd()));
      case OFF ->
          assertAll(
              () -> assertFalse(after.seen().translatingAtEnd()),
              () -> assertTrue(after.violations().count(Kind.LEFTOVER_ASTRAY) > 0),
              () -> assertTrue(names(rehearsal, FindingCode.L2), rehearsal::toString));
      case ABORT ->
          assertAll(
              () -> assertTrue(Results.tally(after).leftoverBlockedCount() > 0),
              () -> assertTrue(after.dumped(), after.failure()::toString));
      case RESET ->
          assertAll(
              () -> assertTrue(after.seen().dump().gotThrough(), after.failure()::toString),
              () -> assertEquals(0, Results.tally(after).leftoverBlockedCount()),
              () -> assertEquals(0, after.violations().count(Kind.LEFTOVER_ASTRAY)),
              () ->
                  assertTrue(
                      Results.tally(after).leftoverPassedCount()
                          < Results.tally(armed).leftoverPassedCount()));
      case RESERVE -> throw new AssertionError("not in the table");
    }
  }

  private static CrashResult crash(MappingMode mode, Strategy strategy) {
    return new Crash(CrashPlan.of(BuiltInMachines.of(mode), strategy), new Background(1))
        .random(1, ModelStage.USUAL_STEPS, Trace.NONE);
  }

  private static Rehearsal rehearse(MappingMode mode, Strategy strategy) {
    return new ModelStage(BuiltInMachines.of(mode), 1)
        .rehearse(Scenario.of(mode, strategy), _ -> {});
  }

  private static boolean broken(Rehearsal rehearsal, FindingCode code) {
    return rehearsal.verdict().findings().stream()
        .anyMatch(f -> f.code() == code && f.severity() == Severity.BROKEN);
  }

  private static boolean names(Rehearsal rehearsal, FindingCode code) {
    return rehearsal.verdict().findings().stream().anyMatch(f -> f.code() == code);
  }
}
