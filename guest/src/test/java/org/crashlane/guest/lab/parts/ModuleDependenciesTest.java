// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class ModuleDependenciesTest {
  private static final String TEXT =
      """
      kernel/drivers/ata/ahci.ko: kernel/drivers/ata/libahci.ko kernel/drivers/ata/libata.ko \
      kernel/drivers/scsi/scsi_mod.ko kernel/drivers/scsi/scsi_common.ko
      kernel/drivers/scsi/scsi_common.ko:
      kernel/drivers/scsi/sd_mod.ko.xz: kernel/lib/crc-t10dif.ko.xz
      """;

  private final ModuleDependencies dependencies = ModuleDependencies.parse(TEXT);

  @Test
  void whatIsNeededLastInTheLineIsLoadedFirst() {
    assertEquals(
        List.of(
            "kernel/drivers/scsi/scsi_common.ko",
            "kernel/drivers/scsi/scsi_mod.ko",
            "kernel/drivers/ata/libata.ko",
            "kernel/drivers/ata/libahci.ko",
            "kernel/drivers/ata/ahci.ko"),
        dependencies.loadOrder("ahci"));
  }

  @Test
  void moduleThatNeedsNothingIsLoadedAlone() {
    assertEquals(
        List.of("kernel/drivers/scsi/scsi_common.ko"), dependencies.loadOrder("scsi_common"));
  }

  @Test
  void compressedModulesHaveTheSameNames() {
    assertEquals(
        List.of("kernel/lib/crc-t10dif.ko.xz", "kernel/drivers/scsi/sd_mod.ko.xz"),
        dependencies.loadOrder("sd_mod"));
  }

  @Test
  void builtInDriverHasNoModules() {
    assertEquals(List.of(), dependencies.loadOrder("nvme"));
  }
}
