// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.crashlane.cli.SmallestCrashkernel.Bounds;
import org.crashlane.guest.lab.GuestConfig;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
    "--qemu, 7.2, 'bookworm-backports'",
    "--qemu, /bin/true, 'is no QEMU'",
    "--qemu, /no/such/qemu, 'cannot be asked for its version'",
    "--accel, xen, 'there are tcg, kvm'",
  })
  void whatIsNoKernelIsRefusedWithWhatIsExpected(String option, String text, String said) {
    Run run = Run.of("rehearse", "--stage", "qemu", option, text);
    assertEquals(2, run.code());
    assertTrue(run.err().lines().findFirst().orElse("").contains(said), run.err());
  }

  @Test
  void whatIsKeptOfAnotherGuestIsNotTakenForThisOnes() throws IOException {
    GuestConfig guest = GuestConfig.defaults();
    SeriesRun.requireSameGuest(directory, guest.toString());
    SeriesRun.requireSameGuest(directory, GuestConfig.defaults().toString());
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                SeriesRun.requireSameGuest(
                    directory, guest.withKernels(k -> k.withCrashkernel("512M")).toString()));
    assertTrue(refused.getMessage().contains("other options"), refused::getMessage);
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 60, 61, 64, 100, 252, 256})
  void theSmallestCrashRangeIsNextToOneThatIsTooSmall(int needed) throws Exception {
    List<Integer> tried = new ArrayList<>();
    Bounds bounds =
        SmallestCrashkernel.search(mebibytes -> {
          tried.add(mebibytes);
          return mebibytes >= needed;
        });
    assertEquals(Math.ceilDiv(needed, 4) * 4, bounds.enoughMib());
    assertEquals(bounds.enoughMib() - 4, bounds.tooSmallMib());
    assertTrue(tried.size() <= 7, tried::toString);
  }

  @Test
  void whereNoDumpEverComesNoRangeIsSearched() {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> SmallestCrashkernel.search(_ -> false));
    assertTrue(refused.getMessage().contains("256 MiB"), refused::getMessage);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 44, 0, ': 1 of 44'",
    "1, 44, 20, ': 2 of 44, about 14 min to go'",
    "43, 44, 860, ': 44 of 44, less than a minute to go'",
  })
  void aLongRunSaysHowLongItWillTake(int done, int total, int seconds, String said) {
    assertEquals(said, SeriesRun.ahead(done, total, Duration.ofSeconds(seconds)));
  }

  @Test
  void resultsOfWhichNobodySaysOfWhatGuestAreNotTaken() throws IOException {
    Path verdict = Files.createDirectories(directory.resolve("none")).resolve("verdict.json");
    Files.writeString(verdict, "{}");
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> SeriesRun.requireSameGuest(directory, "a guest"));
    assertTrue(refused.getMessage().contains("of which guest"), refused::getMessage);
  }

  @ParameterizedTest
  @CsvSource({
    "--capture-kernel=all, --capture-kernel all",
    "--modules=/lib/modules, --modules is for a kernel's file",
    "--config=/boot/config, --config is for a kernel's file",
    "--disk-image=/dev/null, --disk-image needs --capture-initrd",
    "--capture-initrd=/no/such/initrd, /no/such/initrd: no such file",
  })
  void whatWouldBeIgnoredIsRefused(String option, String said) {
    Run run = Run.of("rehearse", "--stage", "qemu", option);
    assertEquals(2, run.code());
    assertTrue(run.err().contains(said), run.err());
  }

  @Test
  void allKernelsNeedADirectory() {
    Run run = Run.of("rehearse", "--stage", "qemu", "--kernel", "all");
    assertEquals(2, run.code());
    assertTrue(run.err().contains("--keep DIR"), run.err());
  }
}
