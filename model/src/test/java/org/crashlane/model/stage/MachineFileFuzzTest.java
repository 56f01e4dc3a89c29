// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.stage;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.crashlane.model.crash.Crash;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.model.crash.Trace;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.file.BuiltInMachines;
import org.crashlane.model.spec.file.MachineFile;
import org.crashlane.model.spec.file.MachineFileException;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Machines with a value, a word or a line that is not what it was: each is refused with its place,
 * or starts and can be crashed.
 */
class MachineFileFuzzTest {
  private static final int STEPS = 20;
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final Pattern VALUE =
      Pattern.compile(
          "(?<![\\w.-])(0x[0-9a-f]+|[0-9]+[KMGT]?|true|false|[a-z][a-z0-9-]+)(?![\\w.-])");

  /** What is apt to be one too far, or a long way off. */
  private static final List<String> OTHERS =
      List.of(
          "0",
          "1",
          "-1",
          "11",
          "12",
          "32",
          "39",
          "48",
          "57",
          "64",
          "65",
          "4K",
          "2M",
          "4G",
          "1T",
          "0x0",
          "0xfff",
          "0x1000",
          "0xfee00000",
          "0xffffffff",
          "0x100000000",
          "0xfd00000000",
          "0xfffffffffffff",
          "0xffffffffffffffff",
          "true",
          "false",
          "amdvi",
          "vtd",
          "nommu",
          "gart",
          "receiver",
          "storage",
          "x");

  @TempDir private Path folder;

  private static List<String> machines() throws IOException, URISyntaxException {
    List<String> texts = new ArrayList<>();
    BuiltInMachines.names().forEach(name -> texts.add(BuiltInMachines.text(name).orElseThrow()));
    Path cases = Path.of(MachineFileFuzzTest.class.getResource("machines/valid").toURI());
    try (Stream<Path> files = Files.list(cases)) {
      for (Path file : files.sorted().toList()) {
        texts.add(Files.readString(file));
      }
    }
    return texts;
  }

  @Test
  void changedMachinesAreRefusedWithAPlaceOrCrashed() {
    assertTimeoutPreemptively(LONG, () -> tryOut(1));
  }

  @Test
  @Tag("long")
  void manyChangedMachinesAreRefusedWithAPlaceOrCrashed() throws Exception {
    tryOut(100);
  }

  private void tryOut(int changesOfEach) throws IOException, URISyntaxException {
    int refused = 0;
    int crashed = 0;
    SplittableRandom random = new SplittableRandom(changesOfEach);
    for (String text : machines()) {
      for (int i = 0; i < changesOfEach; i++) {
        String changed = changed(text, random);
        if (isCrashed(changed, random.nextInt())) {
          crashed++;
        } else {
          refused++;
        }
      }
    }
    assertTrue(refused > 0 && crashed > 0, refused + " refused, " + crashed + " crashed");
  }

  private static String changed(String text, SplittableRandom random) {
    if (random.nextInt(4) == 0) {
      List<String> lines = new ArrayList<>(text.lines().toList());
      int line = random.nextInt(lines.size());
      if (random.nextBoolean()) {
        lines.remove(line);
      } else {
        lines.add(random.nextInt(lines.size()), lines.get(line));
      }
      return String.join("\n", lines);
    }
    List<MatchResult> values = VALUE.matcher(text).results().toList();
    MatchResult value = values.get(random.nextInt(values.size()));
    String other =
        random.nextBoolean()
            ? OTHERS.get(random.nextInt(OTHERS.size()))
            : values.get(random.nextInt(values.size())).group();
    return text.substring(0, value.start()) + other + text.substring(value.end());
  }

  /** {@return false if the machine is refused, by a complaint with a place} */
  private boolean isCrashed(String text, int seed) throws IOException {
    Path file = Files.writeString(folder.resolve("machine.yaml"), text);
    MachineSpec machine;
    try {
      machine = MachineFile.read(file, ModelStage::start);
    } catch (MachineFileException e) {
      assertTrue(e.line() >= 1 && e.column() >= 1, e.getMessage());
      assertFalse(e.getMessage().isBlank(), text);
      return false;
    } catch (RuntimeException e) {
      throw new AssertionError("neither a machine nor a complaint:\n" + text, e);
    }
    Strategy[] strategies = Strategy.values();
    Strategy strategy = strategies[Math.floorMod(seed, strategies.length)];
    try {
      new Crash(CrashPlan.of(machine, strategy), new Background(1)).random(seed, STEPS, Trace.NONE);
    } catch (RuntimeException e) {
      throw new AssertionError("cannot be crashed under " + strategy + ":\n" + text, e);
    }
    return true;
  }
}
