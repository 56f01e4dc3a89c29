// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stage qemu says when it does not come to a crash. */
class QemuRehearsalsTest {
  private static final String HOME = "crashlane.home";

  @Test
  void ofSeveralModesEachMustBeOneOfTheLab() {
    Run run = Run.of("rehearse", "--stage", "qemu", "--mapping", "vtd,gart");
    assertEquals(2, run.code());
    assertTrue(run.err().contains("gart"), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
  }

  @Test
  @Tag("lab")
  void withoutItsModuleTheInsideHandIsLeftOutAndSaidToBe(@TempDir Path home) throws IOException {
    Path sources = Files.createDirectories(home.resolve("host/module"));
    Files.writeString(sources.resolve("main.c"), "#error no good\n");
    Files.writeString(
        sources.resolve("Makefile"), "obj-m := crashlane_arm.o\ncrashlane_arm-y := main.o\n");
    Run run =
        inHome(home, "rehearse", "--stage", "qemu", "--strategy", "identity", "--hand", "inside");
    assumeFalse(run.err().contains("apt"), run.err());
    assertEquals(2, run.code());
    assertEquals("", run.out());
    assertTrue(run.err().contains("arming from inside is left out: "), run.err());
    assertTrue(run.err().contains("error: #error no good"), run.err());
    assertTrue(
        run.err()
            .endsWith("nothing is left to rehearse: arming from inside needs the kernel module\n"),
        run.err());
  }

  private static Run inHome(Path home, String... arguments) {
    String before = System.getProperty(HOME);
    System.setProperty(HOME, home.toString());
    try {
      return Run.of(arguments);
    } finally {
      if (before == null) {
        System.clearProperty(HOME);
      } else {
        System.setProperty(HOME, before);
      }
    }
  }
}
