// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is read: a machine, or one complaint with a place. */
class MachineFileHostileTest {
  private static final int DAMAGES = 3000;
  private static final Duration LONG = Duration.ofSeconds(30);

  static List<String> names() {
    return BuiltInMachines.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void cutOffAnywhereItIsAMachineOrAComplaint(String name) {
    String text = BuiltInMachines.text(name).orElseThrow();
    assertTimeoutPreemptively(
        LONG,
        () -> {
          for (int length = 0; length < text.length(); length++) {
            read(text.substring(0, length));
          }
        });
  }

  @ParameterizedTest
  @MethodSource("names")
  void damagedItIsAMachineOrAComplaint(String name) {
    byte[] bytes = BuiltInMachines.text(name).orElseThrow().getBytes(StandardCharsets.UTF_8);
    SplittableRandom random = new SplittableRandom(name.hashCode());
    assertTimeoutPreemptively(
        LONG,
        () -> {
          for (int i = 0; i < DAMAGES; i++) {
            byte[] damaged = bytes.clone();
            for (int flips = random.nextInt(1, 4); flips > 0; flips--) {
              damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
            }
            read(new String(damaged, StandardCharsets.ISO_8859_1));
          }
        });
  }

  static List<String> bombs() {
    int many = 100_000;
    return List.of(
        "[".repeat(many),
        "{a: ".repeat(many),
        "- ".repeat(many),
        "? ".repeat(many),
        "a:\n" + " a:\n".repeat(many),
        "[" + "a,".repeat(many) + "]",
        "a: &a [x]\n" + "b: *a\n".repeat(1000),
        "name: " + "x".repeat(2 * many),
        "? " + "x".repeat(2 * many) + "\n: 1\n",
        "\"" + "\\u0000".repeat(1000) + "\": 1",
        "name: \"\u001b[2J\"",
        "%YAML 9.9\n---\na: 1\n",
        "\ufeff" + "a: 1",
        "a: |\n" + " x\n".repeat(many / 2));
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("bombs")
  void bombsEndInAComplaint(String bomb) {
    assertTimeoutPreemptively(LONG, () -> read(bomb));
  }

  private static void read(String text) {
    try {
      MachineFile.read("x", text);
    } catch (MachineFileException e) {
      assertTrue(e.line() >= 1 && e.column() >= 1, e.getMessage());
      assertTrue(e.getMessage().length() < 2000, "a long message");
      assertTrue(e.getMessage().chars().noneMatch(c -> c == 0x1b), "a terminal would act on it");
    } catch (RuntimeException | StackOverflowError e) {
      fail("not a complaint, for:\n" + text.substring(0, Math.min(text.length(), 3000)), e);
    }
  }
}
