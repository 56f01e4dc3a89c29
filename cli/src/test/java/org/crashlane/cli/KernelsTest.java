// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.crashlane.guest.lab.GuestConfig;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Kernels as users name them, and the list of what there is. */
final class KernelsTest {
  @TempDir private Path directory;

  @Test
  @Tag("qemu")
  void theListHasTheSeriesThatDebianHas() {
    Run run = Run.of("kernels");
    assumeTrue(run.code() == 0, run.err());
    assertTrue(run.out().lines().anyMatch(line -> line.startsWith("5.10 ")), run.out());
    assertTrue(run.out().lines().anyMatch(line -> line.startsWith("6.1 ")), run.out());
  }

  @ParameterizedTest
  @CsvSource({
    "--kernel, woody, 'a series (6.12)'",
    "--capture-kernel, 6.12;ls, 'a series (6.12)'",
    "--kernel, 'woody,full', 'woody'",
  })
  void whatIsNoKernelIsRefusedWithWhatIsExpected(String option, String text, String said) {
    Run run = Run.of("rehearse", "--stage", "qemu", option, text);
    assertEquals(2, run.code());
    assertTrue(run.err().lines().findFirst().orElse("").contains(said), run.err());
  }

  @Test
  void whatIsKeptOfAnotherGuestIsNotTakenForThisOnes() throws IOException {
    GuestConfig guest = GuestConfig.defaults();
    SeriesRun.requireSameGuest(directory, guest);
    SeriesRun.requireSameGuest(directory, GuestConfig.defaults());
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                SeriesRun.requireSameGuest(
                    directory, guest.withKernels(k -> k.withCrashkernel("512M"))));
    assertTrue(refused.getMessage().contains("other options"), refused::getMessage);
  }

  @Test
  void allKernelsNeedADirectory() {
    Run run = Run.of("rehearse", "--stage", "qemu", "--kernel", "all");
    assertEquals(2, run.code());
    assertTrue(run.err().contains("--keep DIR"), run.err());
  }
}
