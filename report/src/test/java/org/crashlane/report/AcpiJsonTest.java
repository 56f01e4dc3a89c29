// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.List;
import org.crashlane.acpi.AcpiHeader;
import org.crashlane.acpi.Checksum;
import org.crashlane.acpi.DeviceScope;
import org.crashlane.acpi.DeviceScope.Hop;
import org.crashlane.acpi.Dmar;
import org.crashlane.acpi.DmarStructure;
import org.crashlane.acpi.Extent;
import org.crashlane.acpi.TableProblem;
import org.junit.jupiter.api.Test;

class AcpiJsonTest {
  private static final Extent AT = new Extent(48, 24);
  private static final DeviceScope NVME =
      new DeviceScope(new Extent(64, 8), 1, 0, 0, 0, List.of(new Hop(3, 0)));
  private static final DeviceScope BEHIND_BRIDGE =
      new DeviceScope(new Extent(72, 10), 2, 1, 0, 0x80, List.of(new Hop(1, 0), new Hop(0, 1)));

  @Test
  void everyKindOfStructureHasItsMembersInOrder() throws IOException {
    Golden.check("dmar.json", JsonReport.text(AcpiJson.of(tableOfAllKinds())));
  }

  @Test
  void everyKindOfStructureIsInThatTable() {
    assertEquals(
        DmarStructure.class.getPermittedSubclasses().length,
        tableOfAllKinds().structures().stream().map(Object::getClass).distinct().count());
  }

  private static Dmar tableOfAllKinds() {
    AcpiHeader header =
        new AcpiHeader("DMAR", 48, 1, 0, "BOCHS ", "BXPC    ", 1, "BXPC", 0xffffffffL);
    List<DeviceScope> scopes = List.of(NVME, BEHIND_BRIDGE);
    return new Dmar(
        header,
        Checksum.WRONG,
        39,
        1,
        List.of(
            new DmarStructure.Drhd(AT, 1, 0, 0, 0xfed90000L, scopes),
            new DmarStructure.Rmrr(AT, 0, 0x7b800000L, -1, List.of(NVME)),
            new DmarStructure.Atsr(AT, 1, 0, List.of()),
            new DmarStructure.Rhsa(AT, 0xfed90000L, 0xffffffffL),
            new DmarStructure.Andd(AT, 1, "\\_SB.\"x\""),
            new DmarStructure.Satc(AT, 1, 0, List.of(NVME)),
            new DmarStructure.Sidp(AT, 0, List.of(BEHIND_BRIDGE)),
            new DmarStructure.Unknown(AT, 99, "0102ff")),
        List.of(new TableProblem(9, "checksum is wrong")));
  }
}
