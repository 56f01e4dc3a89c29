// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import static org.crashlane.firmware.Tables.IOAPIC;
import static org.crashlane.firmware.Tables.SOUTHBRIDGE;
import static org.crashlane.firmware.Tables.bridge;
import static org.crashlane.firmware.Tables.dmar;
import static org.crashlane.firmware.Tables.drhd;
import static org.crashlane.firmware.Tables.endpoint;
import static org.crashlane.firmware.Tables.ioApic;
import static org.crashlane.firmware.Tables.ivhd;
import static org.crashlane.firmware.Tables.ivmd;
import static org.crashlane.firmware.Tables.ivrs;
import static org.crashlane.firmware.Tables.localApic;
import static org.crashlane.firmware.Tables.localX2apic;
import static org.crashlane.firmware.Tables.madt;
import static org.crashlane.firmware.Tables.range;
import static org.crashlane.firmware.Tables.rmrr;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.acpi.AcpiTable;
import org.crashlane.acpi.Madt;
import org.crashlane.linux.LinuxView.Interrupts.OnTheWhole;
import org.crashlane.linux.LinuxView.UnitOfDevice;
import org.crashlane.linux.LinuxView.WithoutUnit;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;

/** Which unit serves whom, and what else the tables of a machine answer together. */
final class LinuxViewTest {
  private static LinuxView view(AcpiTable... tables) {
    return new LinuxView(List.of(tables));
  }

  private static UnitOfDevice unitOf(LinuxView view, String requester) {
    return view.unitOf(RequesterId.parse(requester));
  }

  private static void assertServed(long registerBase, LinuxView view, String requester) {
    UnitOfDevice.Served served =
        assertInstanceOf(UnitOfDevice.Served.class, unitOf(view, requester));
    assertEquals(registerBase, served.unit().registerBase());
  }

  @Test
  void deviceIsServedByTheUnitThatNamesItAndOthersByTheOneThatTakesAll() {
    LinuxView view =
        view(
            dmar(
                drhd(0xfed90000L, 0, 0, endpoint("00 0200")),
                drhd(0xfed91000L, 1, 0, IOAPIC),
                drhd(0xfed92000L, 0, 1, endpoint("00 0300"))));
    assertServed(0xfed90000L, view, "00:02.0");
    assertServed(0xfed91000L, view, "00:03.0");
    assertServed(0xfed92000L, view, "0001:00:03.0");
    assertInstanceOf(UnitOfDevice.Unserved.class, unitOf(view, "0001:00:02.0"));
    assertInstanceOf(UnitOfDevice.Unserved.class, unitOf(view, "0002:00:02.0"));
    assertInstanceOf(UnitOfDevice.Unserved.class, unitOf(view, "10000:00:02.0"));
  }

  @Test
  void laterOfTwoUnitsThatNameADeviceServesIt() {
    String disk = endpoint("00 0300");
    LinuxView view = view(dmar(drhd(0xfed90000L, 0, 0, disk), drhd(0xfed92000L, 0, 0, disk)));
    assertServed(0xfed92000L, view, "00:03.0");
  }

  @Test
  void firstOfTwoUnitsThatTakeAllServesTheRest() {
    LinuxView view = view(dmar(drhd(0xfed90000L, 1, 0), drhd(0xfed92000L, 1, 0)));
    assertServed(0xfed90000L, view, "00:03.0");
    assertEquals(
        List.of(true, false), view.units().stream().map(LinuxView.Unit::takesAll).toList());
  }

  @Test
  void deviceBehindABridgeIsNotToldByTheTableAlone() {
    LinuxView view =
        view(dmar(drhd(0xfed90000L, 0, 0, bridge("00 1c00")), drhd(0xfed91000L, 1, 0)));
    assertInstanceOf(UnitOfDevice.Unknown.class, unitOf(view, "01:00.0"));
    assertServed(0xfed90000L, view, "00:1c.0");
    assertServed(0xfed91000L, view, "00:1d.0");
  }

  @Test
  void lastOfTwoAmdUnitsServesADeviceOfBothAndNoneServesAUnit() {
    LinuxView view =
        view(
            ivrs(
                ivhd(0x11, 2, 0xfd100000L, 0, range(0, 0xffff), SOUTHBRIDGE),
                ivhd(0x11, 0x4002, 0xfd200000L, 0, range(0x4000, 0x7fff))));
    assertServed(0xfd200000L, view, "40:03.0");
    assertServed(0xfd100000L, view, "80:03.0");
    assertInstanceOf(UnitOfDevice.Unserved.class, unitOf(view, "00:00.2"));
    assertInstanceOf(UnitOfDevice.Unserved.class, unitOf(view, "40:00.2"));
    assertEquals(
        List.of(
            new WithoutUnit.Ids(0, 2, 2),
            new WithoutUnit.Ids(0, 0x4002, 0x4002),
            WithoutUnit.OnTheWhole.OF_OTHER_SEGMENTS),
        view.devicesWithoutUnit());
  }

  @Test
  void typeOfBlockIsThatOfTheLastWithTheFirstUnitsDeviceUpToAnUnknownOne() {
    String oldBlock = ivhd(0x10, 2, 0xfd100000L, 0, range(3, 0xfff));
    String newBlock = ivhd(0x11, 2, 0xfd100000L, 0, range(3, 0xffff));
    assertInstanceOf(
        UnitOfDevice.Unserved.class, unitOf(view(ivrs(newBlock, oldBlock)), "40:03.0"));
    assertServed(0xfd100000L, view(ivrs(oldBlock, newBlock)), "40:03.0");
    String future = "51000400";
    assertInstanceOf(
        UnitOfDevice.Unserved.class, unitOf(view(ivrs(oldBlock, future, newBlock)), "40:03.0"));
  }

  @Test
  void refusedTableServesNobodyAndMapsNothing() {
    LinuxView view =
        view(
            dmar(
                drhd(0xfed90000L, 1, 0, IOAPIC),
                drhd(0, 0, 1, endpoint("00 0200")),
                rmrr(0x7c000000L, 0x7c000fffL, 0, endpoint("00 1400"))));
    assertTrue(view.has(Effect.REFUSES_ALL));
    assertInstanceOf(UnitOfDevice.Unserved.class, unitOf(view, "00:02.0"));
    assertEquals(List.of(), view.units());
    assertEquals(List.of(), view.regions());
    assertEquals(List.of(WithoutUnit.OnTheWhole.ALL), view.devicesWithoutUnit());
    assertFalse(view.interrupts().isPossible());
  }

  @Test
  void refusedDmarLeavesTheAmdUnitsInUse() {
    AcpiTable ivrs = ivrs(ivhd(0x11, 2, 0xfd100000L, 0, range(3, 0xffff), SOUTHBRIDGE));
    assertServed(0xfd100000L, view(dmar(46, 0), ivrs), "00:03.0");
    AcpiTable dmar = dmar(drhd(0xfed90000L, 1, 0, IOAPIC));
    assertServed(0xfed90000L, view(dmar, ivrs), "00:03.0");
  }

  @Test
  void regionsAreThoseOfTheTableInUse() {
    LinuxView view =
        view(
            dmar(
                drhd(0xfed90000L, 1, 0, IOAPIC),
                rmrr(0x7c000000L, 0x7c000fffL, 0, endpoint("00 1400"))));
    MappedRegion region = view.regions().getFirst();
    assertEquals(List.of("PCI endpoint at 00:14.0"), region.devices());
    assertEquals("0x7c000000-0x7c000fff", region.range().toString());
    LinuxView amd =
        view(
            ivrs(
                ivhd(0x11, 2, 0xfd100000L, 0, range(3, 0xffff), SOUTHBRIDGE),
                ivmd(0x22, 8, 0x60, 0x68, 0x7c000000L, 0x1000)));
    assertEquals(List.of("devices 0000:00:0c.0 to 00:0d.0"), amd.regions().getFirst().devices());
  }

  @Test
  void regionsOfADeviceAreThoseOfItsSegment() {
    LinuxView view =
        view(
            dmar(
                drhd(0xfed91000L, 1, 0, IOAPIC),
                drhd(0xfed92000L, 1, 1),
                rmrr(0x7c000000L, 0x7c000fffL, 1, endpoint("00 1400"))));
    assertEquals(List.of(), view.regionsOf(RequesterId.parse("00:14.0")));
    assertEquals(
        List.of(new AddressRange(0x7c000000L, 0x7c000fffL)),
        view.regionsOf(RequesterId.parse("0001:00:14.0")));
  }

  @Test
  void usersOfARegionAreNotAllKnownWhereAScopeOfItIsUnread() {
    String unread = "01 00 0000 00 00 0200";
    for (String scopes : List.of("", endpoint("00 1400") + unread)) {
      LinuxView view =
          view(dmar(drhd(0xfed91000L, 1, 0, IOAPIC), rmrr(0x7c000000L, 0x7c000fffL, 0, scopes)));
      MappedRegion.Users.Scopes users =
          assertInstanceOf(
              MappedRegion.Users.Scopes.class, view.statedRegions().getFirst().users());
      assertFalse(users.areAll(), scopes);
    }
  }

  @Test
  void interruptsDependOnTheFlagOnTheIoApicsAndOnTheirIds() {
    AcpiTable dmar = dmar(drhd(0xfed90000L, 1, 0, IOAPIC));
    assertTrue(view(dmar).interrupts().isPossible());
    assertEquals(OnTheWhole.DEPENDS_ON_UNITS_AND_APIC_TABLE, view(dmar).interrupts());
    assertTrue(view(dmar, madt(ioApic(8, 0xfec00000L, 0))).interrupts().isPossible());
    assertFalse(view(dmar, madt(ioApic(2, 0xfec00000L, 0))).interrupts().isPossible());
    assertFalse(view(dmar(46, 0, drhd(0xfed90000L, 1, 0, IOAPIC))).interrupts().isPossible());
    AcpiTable ivrs = ivrs(ivhd(0x11, 2, 0xfd100000L, 0, range(3, 0xffff), SOUTHBRIDGE));
    assertTrue(view(ivrs, madt(ioApic(0x20, 0xfec00000L, 0))).interrupts().isPossible());
    assertFalse(view(ivrs, madt(ioApic(0x21, 0xfec00000L, 0))).interrupts().isPossible());
  }

  @Test
  void ioApicThatLinuxPassesOverNeedsNoUnit() {
    AcpiTable dmar = dmar(drhd(0xfed90000L, 1, 0, IOAPIC));
    AcpiTable madt = madt(ioApic(8, 0xfec00000L, 0), ioApic(9, 0, 24), ioApic(10, 0xfec00000L, 0));
    assertTrue(view(dmar, madt).interrupts().isPossible());
  }

  @Test
  void processorsAreThoseThatAreOrMayBeEnabled() {
    LinuxView view =
        view(
            madt(
                localApic(0, 1),
                localApic(2, 0),
                localApic(4, 2),
                localApic(255, 1),
                localX2apic(300, 1)));
    assertFalse(view.isAboutIommus());
    assertEquals(
        List.of(
            new Madt.Processor(0, true),
            new Madt.Processor(4, false),
            new Madt.Processor(300, true)),
        view.processors());
  }
}
