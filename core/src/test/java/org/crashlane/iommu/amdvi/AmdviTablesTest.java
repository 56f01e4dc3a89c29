// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.crashlane.bits.Reason;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Known;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.UnitState;
import org.crashlane.iommu.UnitState.Translation;
import org.crashlane.iommu.Unmappable;
import org.crashlane.iommu.amdvi.Registers.ExclusionBase;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.SparseMemory;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;

/** What a unit's registers and its device table say. */
class AmdviTablesTest {
  private static final RequesterId OTHER = RequesterId.parse("3a:1f.7");

  private final AmdviFixture machine = new AmdviFixture();

  private AmdviTables open() {
    return open(machine.memory);
  }

  private AmdviTables open(PhysicalMemory memory) {
    return AmdviTables.open(memory, AmdviFixture.registers(machine.config), new HostFacts(46));
  }

  private Optional<Attachment> attachment(RequesterId requester) {
    return open().devices().attachments().stream()
        .filter(a -> a.requester().equals(requester))
        .findFirst();
  }

  @Test
  void attachedDeviceGoesThroughItsTable() {
    assertEquals(
        List.of(
            new Attachment.Translated(
                AmdviFixture.DEVICE,
                new TableId(AmdviFixture.TOP, PageTableEntry.geometry(4)),
                AmdviFixture.DOMAIN)),
        open().devices().attachments());
  }

  @Test
  void entriesOfTheSecondOfTwoSegmentsAreOfTheUpperHalfOfTheIds() {
    DeviceTableBase segments =
        new DeviceTableBase(
            List.of(
                DeviceTableBase.register(AmdviFixture.DEVICE_TABLE, 0x1000),
                DeviceTableBase.register(0x300000, 0x1000)));
    machine.config =
        new UnitConfig(AmdviFixture.QEMU, 46, true, 0, true, segments, false, ExclusionRange.NONE);
    machine.memory.writeLong(0x300000 + 32, DeviceTableEntry.translated(AmdviFixture.TOP, 4));
    assertEquals(
        List.of(AmdviFixture.DEVICE, RequesterId.parse("80:00.1")),
        open().devices().attachments().stream().map(Attachment::requester).toList());
  }

  @Test
  void devicesThatPassByTheUnitPassWhateverEntriesTheyHave() {
    machine.attach(OTHER, DeviceTableEntry.blocked());
    AmdviTables tables =
        AmdviTables.open(
            machine.memory,
            AmdviFixture.registers(machine.config),
            new HostFacts(HostFacts.ADDRESS_WIDTH_MAX, 0, Known.UNKNOWN, Set.of(OTHER)));
    Attachment passing = new Attachment.PassThrough(OTHER, 0);
    assertEquals(passing, tables.defaultAttachment(OTHER));
    assertTrue(
        tables.devices().attachments().contains(passing), tables.devices().attachments()::toString);
    assertEquals(
        open().devices().attachments(),
        tables.devices().attachments().stream().filter(a -> !a.equals(passing)).toList());
  }

  @Test
  void entriesThatAreAsGoodAsNoneAreNotListedButAnswered() {
    machine.attach(OTHER, DeviceTableEntry.blocked());
    assertEquals(Optional.empty(), attachment(OTHER));
    Attachment.Blocked blocked =
        assertInstanceOf(Attachment.Blocked.class, open().defaultAttachment(OTHER));
    assertEquals(Reason.of(Named.NO_RIGHTS), blocked.reason());
    machine.attach(OTHER, DeviceTableEntry.V.of(1));
    assertEquals(Optional.empty(), attachment(OTHER));
    assertInstanceOf(Attachment.Blocked.class, open().defaultAttachment(OTHER));
    machine.attach(OTHER, 0);
    assertEquals(Optional.empty(), attachment(OTHER));
    assertEquals(new Attachment.PassThrough(OTHER, 0), open().defaultAttachment(OTHER));
  }

  @Test
  void modeZeroPassesThrough() {
    machine.attach(OTHER, DeviceTableEntry.passThrough());
    assertEquals(
        Optional.of(new Attachment.PassThrough(OTHER, AmdviFixture.DOMAIN)), attachment(OTHER));
  }

  @Test
  void rightsOfTheEntryAreTold() {
    long word0 = DeviceTableEntry.translated(AmdviFixture.TOP, 4);
    TableId table = machine.table();
    machine.attach(OTHER, DeviceTableEntry.IW.with(word0, 0));
    assertEquals(
        Optional.of(
            new Attachment.Translated(OTHER, table, AmdviFixture.DOMAIN, Permissions.READ_ONLY)),
        attachment(OTHER));
    machine.attach(OTHER, DeviceTableEntry.IR.with(DeviceTableEntry.passThrough(), 0));
    assertEquals(
        Optional.of(new Attachment.PassThrough(OTHER, AmdviFixture.DOMAIN, Permissions.WRITE_ONLY)),
        attachment(OTHER));
    machine.attach(OTHER, word0 & ~PageTableEntry.rights());
    assertInstanceOf(Attachment.Blocked.class, attachment(OTHER).orElseThrow());
  }

  @Test
  void entryOfGuestTablesIsNoPass() {
    machine.config =
        new UnitConfig(
            AmdviFixture.QEMU,
            46,
            true,
            0,
            true,
            machine.config.deviceTable(),
            true,
            ExclusionRange.NONE);
    long guest = DeviceTableEntry.GV.of(1) | DeviceTableEntry.GIOV.of(1);
    machine.attach(OTHER, DeviceTableEntry.passThrough() | guest);
    assertInstanceOf(Attachment.Unsupported.class, attachment(OTHER).orElseThrow());
    machine.attach(OTHER, DeviceTableEntry.passThrough() | DeviceTableEntry.GV.of(1));
    assertInstanceOf(Attachment.PassThrough.class, attachment(OTHER).orElseThrow());
  }

  @Test
  void reservedBitsBlockAndAreTold() {
    machine.attach(OTHER, DeviceTableEntry.passThrough() | 1L << 2);
    assertInstanceOf(Attachment.Blocked.class, attachment(OTHER).orElseThrow());
    Malformation malformation = open().devices().malformations().getFirst();
    assertEquals(
        AmdviFixture.DEVICE_TABLE + (long) OTHER.value() * DeviceTableEntry.BYTES,
        malformation.entryAddress());
    assertEquals(Malformation.Kind.RESERVED, malformation.kind());
  }

  @Test
  void deviceTablePageThatCannotBeReadIsNoPass() {
    long hole = AmdviFixture.DEVICE_TABLE + 0x1000;
    PhysicalMemory holed =
        new SparseMemory(
            "with a hole",
            List.of(
                new AddressRange(0, hole - 1),
                new AddressRange(hole + 0x1000, AmdviFixture.MEMORY_BYTES - 1)));
    AmdviTables tables = open(holed);
    assertEquals(128, tables.devices().attachments().size());
    RequesterId within = new RequesterId(0x80);
    assertInstanceOf(Attachment.Unsupported.class, tables.devices().attachments().getFirst());
    assertEquals(within, tables.devices().attachments().getFirst().requester());
    assertInstanceOf(Attachment.Unsupported.class, tables.defaultAttachment(within));
    assertTrue(tables.devices().malformations().getFirst().isUnread());
    assertEquals(511, tables.devices().pages().size());
  }

  @Test
  void stateIsWhatTheRegistersSay() {
    UnitState state = open().state();
    assertEquals(Translation.TRANSLATES, state.translation());
    assertEquals(Known.UNKNOWN, state.cachesAbsent());
    assertFalse(state.interruptsRemapped());
    assertEquals(AmdviFixture.DEVICE_TABLE, state.rootAddress());
    assertEquals(
        List.of("EFR 0x29d3", "Control 0x1", "Status 0x0", "DevTabBar 0x2001ff"),
        state.description().stream()
            .map(w -> w.toString().substring(0, w.toString().indexOf(':')))
            .toList());
  }

  @Test
  void interruptsAreRemappedIfThoseOfOneDeviceAre() {
    long word2 =
        InterruptControl.IV.of(1) | InterruptControl.INT_CTL.of(InterruptControl.INT_CTL_REMAP);
    machine.deviceEntry(OTHER, 0, 0, word2);
    assertTrue(open().state().interruptsRemapped());
    assertTrue(open().interrupts().enabled());
  }

  @Test
  void exclusionRangeIsTold() {
    long base = 0x5000_0000L | ExclusionBase.EX_EN.of(1);
    machine.config =
        new UnitConfig(
            AmdviFixture.QEMU,
            46,
            true,
            0,
            true,
            machine.config.deviceTable(),
            false,
            new ExclusionRange(base, 0x5fff_f000L));
    assertTrue(
        open().state().description().stream()
            .anyMatch(w -> w.toString().startsWith("ExclusionBase 0x5000")));
  }

  private void exclude(long bits, long first, long last) {
    machine.config =
        new UnitConfig(
            AmdviFixture.QEMU,
            46,
            true,
            0,
            true,
            machine.config.deviceTable(),
            false,
            new ExclusionRange(first | ExclusionBase.EX_EN.of(1) | bits, last));
  }

  @Test
  void exclusionRangeIsUntouchedOfThoseItIsFor() {
    List<AddressRange> range = List.of(new AddressRange(0x5000_0000L, 0x5fff_ffffL));
    exclude(0, 0x5000_0000L, 0x5fff_f000L);
    assertEquals(List.of(), open().bypassRanges(AmdviFixture.DEVICE));
    machine.deviceEntry(OTHER, DeviceTableEntry.blocked(), DeviceTableEntry.EX.of(1));
    assertEquals(range, open().bypassRanges(OTHER));
    exclude(ExclusionBase.ALLOW.of(1), 0x5000_0000L, 0x5fff_f000L);
    assertEquals(range, open().bypassRanges(AmdviFixture.DEVICE));
    machine.attach(OTHER, 0);
    assertEquals(List.of(), open().bypassRanges(OTHER));
    machine.attach(OTHER, DeviceTableEntry.passThrough() | 1L << 2);
    assertEquals(List.of(), open().bypassRanges(OTHER));
    exclude(ExclusionBase.ALLOW.of(1), 0x5000_0000L, 0x4fff_f000L);
    assertEquals(List.of(), open().bypassRanges(AmdviFixture.DEVICE));
  }

  @Test
  void unitThatWasNeverSetUpHasNoDeviceTable() {
    machine.config =
        new UnitConfig(
            AmdviFixture.QEMU,
            46,
            true,
            0,
            false,
            new DeviceTableBase(List.of(0L)),
            false,
            ExclusionRange.NONE);
    machine.memory.writeLong(0, DeviceTableEntry.passThrough());
    assertEquals(List.of(), open().devices().attachments());
    assertEquals(List.of(), open().devices().pages());
  }

  @Test
  void interruptWindowAndHyperTransportRangeAreNotMappable() {
    assertEquals(
        List.of(Unmappable.interrupts(InterruptWindow.RANGE), UnitConfig.HYPER_TRANSPORT),
        open().unmappable());
  }
}
