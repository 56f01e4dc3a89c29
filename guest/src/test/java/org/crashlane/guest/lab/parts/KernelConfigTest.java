// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.crashlane.guest.lab.parts.KernelConfig.Role;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a kernel's configuration lacks for the lab is said before it boots. */
final class KernelConfigTest {
  private static final List<String> WHOLE =
      List.of(
          "# Linux/x86 6.12.0 Kernel Configuration",
          "CONFIG_SERIAL_8250_CONSOLE=y",
          "CONFIG_BLK_DEV_INITRD=y",
          "CONFIG_DEVTMPFS=y",
          "CONFIG_CRASH_DUMP=y",
          "CONFIG_KEXEC_FILE=y",
          "CONFIG_MAGIC_SYSRQ=y",
          "CONFIG_PROC_VMCORE=y",
          "CONFIG_INTEL_IOMMU=y",
          "# CONFIG_AMD_IOMMU is not set",
          "CONFIG_BLK_DEV_NVME=y",
          "CONFIG_SATA_AHCI=m");

  @TempDir private Path directory;

  private KernelConfig without(String symbol) throws IOException {
    List<String> lines = new ArrayList<>(WHOLE);
    lines.removeIf(line -> line.startsWith("CONFIG_" + symbol + "="));
    return KernelConfig.read(Files.write(directory.resolve("config"), lines));
  }

  @ParameterizedTest
  @EnumSource
  void aWholeOneServesAsEither(Role role) throws IOException {
    KernelConfig config = without("NOTHING");
    assertDoesNotThrow(() -> config.require(role, "INTEL_IOMMU", List.of("nvme"), false));
  }

  @ParameterizedTest
  @CsvSource({
    "PRIMARY, KEXEC_FILE, true",
    "CAPTURE, KEXEC_FILE, false",
    "CAPTURE, PROC_VMCORE, true",
    "PRIMARY, PROC_VMCORE, false",
    "PRIMARY, SERIAL_8250_CONSOLE, true",
    "CAPTURE, DEVTMPFS, true",
    "PRIMARY, INTEL_IOMMU, true",
    "CAPTURE, INTEL_IOMMU, false",
    "CAPTURE, BLK_DEV_NVME, true",
  })
  void whatAKernelLacksForItsPartIsNamed(Role role, String symbol, boolean isNeeded)
      throws IOException {
    KernelConfig config = without(symbol);
    if (isNeeded) {
      String said = refused(config, role, "INTEL_IOMMU", "nvme", false);
      assertTrue(said.endsWith(": CONFIG_" + symbol), said);
    } else {
      assertDoesNotThrow(() -> config.require(role, "INTEL_IOMMU", List.of("nvme"), false));
    }
  }

  @Test
  void whatIsAModuleNeedsTheDirectoryOfModules() throws IOException {
    KernelConfig config = without("NOTHING");
    assertDoesNotThrow(() -> config.require(Role.CAPTURE, "INTEL_IOMMU", List.of("ahci"), true));
    String said = refused(config, Role.CAPTURE, "INTEL_IOMMU", "ahci", false);
    assertTrue(said.contains("CONFIG_SATA_AHCI (a module: give --modules DIR)"), said);
  }

  @Test
  void whatIsNotSetIsMissing() throws IOException {
    String said = refused(without("NOTHING"), Role.PRIMARY, "AMD_IOMMU", "nvme", true);
    assertTrue(said.endsWith(": CONFIG_AMD_IOMMU"), said);
  }

  private static String refused(
      KernelConfig config, Role role, String iommu, String driver, boolean hasModules) {
    return assertThrows(
            IllegalArgumentException.class,
            () -> config.require(role, iommu, List.of(driver), hasModules))
        .getMessage();
  }

  @Test
  void whatIsNoConfigurationIsRefused() throws IOException {
    Path file = Files.write(directory.resolve("bzImage"), new byte[] {0x7f, (byte) 0xff, 0x45});
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> KernelConfig.read(file));
    assertEquals(
        file + ": no kernel's configuration: no line begins with CONFIG_NAME=",
        refused.getMessage());
  }
}
