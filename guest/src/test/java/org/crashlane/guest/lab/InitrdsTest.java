// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.crashlane.guest.QemuVersion;
import org.crashlane.guest.lab.boot.CpioArchive;
import org.crashlane.guest.lab.iommu.IommuSetup;
import org.crashlane.guest.lab.parts.Accelerator;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.guest.lab.parts.KernelParts;
import org.crashlane.guest.lab.parts.LabKernel;
import org.crashlane.guest.lab.parts.LabParts;
import org.crashlane.guest.lab.parts.Qemu;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InitrdsTest {
  private static final Path SHELL = Path.of("/bin/sh");

  @TempDir private Path directory;
  private KernelParts kernel;
  private LabParts parts;

  @BeforeEach
  void makeParts() throws Exception {
    kernel =
        new KernelParts(
            "6.1.0",
            "1",
            Files.writeString(directory.resolve("vmlinuz"), "KERNEL"),
            Files.writeString(directory.resolve("system"), "SYSTEM"),
            Map.of(
                "ahci", List.of("libata.ko", "ahci.ko"),
                "sd_mod", List.of("libata.ko", "sd_mod.ko")),
            Optional.empty());
    parts =
        new LabParts(
            new Qemu(
                Path.of("qemu"),
                "QEMU emulator version 7.2.22",
                new QemuVersion(7, 2, 22),
                Accelerator.TCG),
            Map.of(
                LabKernel.ofHost(KernelFlavour.CLOUD),
                kernel,
                LabKernel.ofHost(KernelFlavour.FULL),
                kernel));
  }

  @Test
  void shellReadsTheSettingsBack() throws Exception {
    assumeTrue(Files.isExecutable(SHELL), "no " + SHELL);
    GuestConfig config =
        GuestConfig.defaults()
            .with(TestHardware.of(1, DiskKind.AHCI, false))
            .withMore(
                new GuestConfig.MoreOptions(
                    List.of(), List.of(), List.of("it's=$HOME`x`\"y\""), List.of()));
    byte[] settings =
        Initrds.settings(kernel, config, Scenario.of(MappingMode.VTD, Strategy.ADOPT));
    Path file = Files.write(directory.resolve("lab.conf"), settings);

    String script = ". " + file + "; printf '%s|%s|%s' \"$DISK\" \"$MODULES\" \"$CAPTURE_ARGS\"";
    Process process = new ProcessBuilder(SHELL.toString(), "-c", script).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertEquals(
        "/dev/sda|libata.ko ahci.ko sd_mod.ko|"
            + KernelArguments.capture(config, Scenario.of(MappingMode.VTD, Strategy.ADOPT)),
        printed);
  }

  @Test
  void theSecondDisksModulesAreApart() {
    Devices devices =
        new Devices(DiskKind.VIRTIO, Topology.ROOT, Set.of(new Devices.SecondDisk(DiskKind.AHCI)));
    GuestConfig config =
        GuestConfig.defaults()
            .with(new GuestConfig.Hardware(1L << 30, 1, devices, IommuSetup.PLAIN));
    String settings =
        new String(
            Initrds.settings(kernel, config, Scenario.of(MappingMode.VTD, Strategy.NONE)),
            StandardCharsets.UTF_8);
    assertTrue(
        settings.contains(
            """
            DISK='/dev/vda'
            SECOND_DISK='/dev/sda'
            MODULES=''
            SECOND_MODULES='libata.ko ahci.ko sd_mod.ko'
            """),
        settings);
  }

  @Test
  void onlyBlindCaptureKernelsGetTheOverrideAndItStandsInFront() throws Exception {
    for (Strategy strategy : List.of(Strategy.NONE, Strategy.ADOPT, Strategy.OFF)) {
      Path initrd =
          Initrds.write(
              directory, parts, GuestConfig.defaults(), Scenario.of(MappingMode.VTD, strategy));
      String text = Files.readString(initrd, StandardCharsets.ISO_8859_1);
      int capture = text.indexOf("boot/capture.cpio\0");
      int override = text.indexOf("kernel/firmware/acpi/dmar.aml\0");
      assertEquals(strategy.blind(), override > capture, strategy.label());
      assertTrue(text.indexOf("SYSTEM") > override, strategy.label());
      assertTrue(text.endsWith("SYSTEM"), strategy.label());
    }
  }

  @Test
  void insideHandWithoutItsModuleIsRefused() {
    Scenario scenario = Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.INSIDE);
    assertThrows(
        IllegalArgumentException.class,
        () -> Initrds.write(directory, parts, GuestConfig.defaults(), scenario));
  }

  @Test
  void guestScriptIsAShellScript() throws Exception {
    assumeTrue(Files.isExecutable(SHELL), "no " + SHELL);
    try (InputStream in = CpioArchive.class.getResourceAsStream("init.sh")) {
      Files.copy(in, directory.resolve("init.sh"));
    }
    Process process =
        new ProcessBuilder(SHELL.toString(), "-n", directory.resolve("init.sh").toString())
            .redirectErrorStream(true)
            .start();
    String complaint = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), complaint);
  }
}
