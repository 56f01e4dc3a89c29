// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.guest.lab.parts.LabKernel;
import org.crashlane.guest.lab.parts.LabParts;
import org.crashlane.guest.lab.parts.MoreModules;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What QEMU says of a guest's panic that has QEMU's panic device and its driver. */
@Tag("lab")
@Tag("long")
class PanicEventsTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir private Path directory;
  private final List<String> said = new ArrayList<>();

  @ParameterizedTest
  @CsvSource({"false, ''", "true, GUEST_CRASHLOADED"})
  void withACaptureKernelLoadedAPanicIsToldOnlyByNotifiersThatRunBeforeIt(
      boolean notifiersFirst, String event) throws IOException {
    List<String> primary = notifiersFirst ? List.of("crash_kexec_post_notifiers") : List.of();
    GuestConfig config =
        GuestConfig.defaults().withKernels(kernels -> kernels.withPrimary(KernelFlavour.FULL));
    Scenario scenario = Scenario.of(MappingMode.VTD, Strategy.NONE);
    LabParts parts = TestParts.orSkip(config.kernels(List.of(scenario.strategy())));
    List<String> options =
        new ArrayList<>(
            FittedInitrd.options(
                directory,
                parts,
                config,
                scenario,
                MoreModules.orSkip(
                    parts.kernel(LabKernel.ofHost(KernelFlavour.FULL)), "pvpanic-pci"),
                ""));
    options.addAll(List.of("-device", "pvpanic-pci"));
    GuestConfig panicking =
        config.withMore(new GuestConfig.MoreOptions(List.of(), primary, List.of(), options));
    try (LabRun run = LabRun.of(parts, panicking, scenario)) {
      run.execute(new Listener(), _ -> {});
    }
    assertEquals(event.isEmpty() ? List.of() : List.of(event), said);
  }

  private final class Listener implements LabHook {
    @Override
    public void beforeCrash(RunningGuest guest) {}

    @Override
    public void whileCrashing(RunningGuest guest) throws IOException {
      long end = System.nanoTime() + LIMIT.toNanos();
      while (said.isEmpty() && System.nanoTime() < end) {
        for (String name : List.of("GUEST_CRASHLOADED", "GUEST_PANICKED")) {
          guest.live().qmp().takeEvent(name).ifPresent(event -> said.add(event.name()));
        }
        pause();
      }
    }

    private void pause() throws IOException {
      try {
        Thread.sleep(Duration.ofMillis(50));
      } catch (InterruptedException e) {
        throw new IOException("interrupted", e);
      }
    }
  }
}
