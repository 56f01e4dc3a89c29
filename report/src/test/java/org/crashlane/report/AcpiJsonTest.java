// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.crashlane.acpi.AcpiHeader;
import org.crashlane.acpi.Checksum;
import org.crashlane.acpi.DeviceScope;
import org.crashlane.acpi.DeviceScope.Hop;
import org.crashlane.acpi.Dmar;
import org.crashlane.acpi.DmarStructure;
import org.crashlane.acpi.Extent;
import org.crashlane.acpi.Flaw;
import org.crashlane.acpi.IvhdEntry;
import org.crashlane.acpi.Ivrs;
import org.crashlane.acpi.IvrsBlock;
import org.crashlane.acpi.IvrsBlock.Ivhd;
import org.crashlane.acpi.IvrsBlock.Ivhd.ExtendedFeatures;
import org.crashlane.acpi.IvrsBlock.Ivmd;
import org.crashlane.acpi.TableProblem;
import org.crashlane.bits.Reason;
import org.crashlane.pci.RequesterId;
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

  @Test
  void everyKindOfBlockAndEntryHasItsMembersInOrder() throws IOException {
    Golden.check("ivrs.json", JsonReport.text(AcpiJson.of(ivrsOfAllKinds())));
  }

  @Test
  void everyKindOfBlockAndEntryIsInThatTable() {
    Ivrs ivrs = ivrsOfAllKinds();
    assertEquals(
        IvrsBlock.class.getPermittedSubclasses().length,
        ivrs.blocks().stream().map(Object::getClass).distinct().count());
    long entryKinds =
        Stream.of(IvhdEntry.class, IvhdEntry.WithSettings.class)
            .flatMap(type -> Stream.of(type.getPermittedSubclasses()))
            .filter(Class::isRecord)
            .count();
    assertEquals(
        entryKinds,
        ivrs.blocks().stream()
            .flatMap(block -> block.entries().stream())
            .map(Object::getClass)
            .distinct()
            .count());
  }

  private static Ivrs ivrsOfAllKinds() {
    AcpiHeader header = new AcpiHeader("IVRS", 48, 2, 0, "AMD   ", "AmdTable", 1, "AMD ", 1);
    RequesterId unit = RequesterId.of(0, 0, 2);
    RequesterId device = RequesterId.of(0x20, 1, 0);
    RequesterId alias = RequesterId.of(0, 0x14, 4);
    List<IvhdEntry> entries =
        List.of(
            new IvhdEntry.Pad(AT, 0),
            new IvhdEntry.All(AT, 0),
            new IvhdEntry.Select(AT, device, 0xd7),
            new IvhdEntry.RangeStart(AT, device, 0),
            new IvhdEntry.RangeEnd(AT, device),
            new IvhdEntry.AliasSelect(AT, device, 0, alias),
            new IvhdEntry.AliasRangeStart(AT, device, 0, alias),
            new IvhdEntry.ExtendedSelect(AT, device, 0, 0x80000000L),
            new IvhdEntry.ExtendedRangeStart(AT, device, 0, 0x80000000L),
            new IvhdEntry.Special(AT, 0, 32, alias, 1),
            new IvhdEntry.AcpiHid(AT, alias, 0, "AMDI0020", "", "\\_SB.FUR0"),
            new IvhdEntry.Unknown(AT, 5, "010203"));
    ExtendedFeatures features = new ExtendedFeatures(0x246577efa2254afaL, -1);
    return new Ivrs(
        header,
        Checksum.RIGHT,
        0x203043,
        List.of(
            new Ivhd(
                AT, 0x10, 0xb0, unit, 64, 0xfe000000L, 0, 0x1305, 0, Optional.empty(), List.of()),
            new Ivhd(
                AT, 0x40, 0, unit, 64, 0xfe000000L, 0, 0, 0x40200, Optional.of(features), entries),
            new Ivmd(AT, 0x22, 7, device, device, 0, 0x1000, 0x8000000000000000L),
            new IvrsBlock.Unknown(AT, 0x51, 8, "0102")),
        List.of(new TableProblem(72, Reason.of(Flaw.RANGE_WITHOUT_END, new Reason.Device(8)))));
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
        List.of(
            new TableProblem(
                9, Reason.of(Flaw.CHECKSUM, new Reason.Code(0x11), new Reason.Code(0x10)))));
  }
}
