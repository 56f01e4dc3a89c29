// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Reason;
import org.crashlane.interrupt.DeliveryMode;
import org.crashlane.interrupt.InterruptFate;
import org.crashlane.interrupt.InterruptMessage;
import org.crashlane.interrupt.InterruptPreparation;
import org.crashlane.interrupt.InterruptPreparation.Hindrance;
import org.crashlane.interrupt.InterruptRemapping;
import org.crashlane.interrupt.InterruptRemappingContract;
import org.crashlane.interrupt.InterruptTarget;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What an AMD-Vi unit does with interrupts, by registers and tables. */
final class InterruptTablesTest extends InterruptRemappingContract {
  private static final long DEVICE_TABLE = 0x10_0000;
  private static final long TABLE = 0x20_0000;
  private static final List<InterruptFormat> FORMATS = List.of(InterruptFormat.values());
  private static final int DEVICE_COUNT = 128;
  private static final long REMAP = 0x2000_0000_0000_0001L;

  /** IntTabLen of 512 entries, as Linux has it. */
  private static final long ENTRIES_512 = 9L << 1;

  private static final InterruptMessage MESSAGE = InterruptMessage.fixed(2, 0x31);

  private final SparseMemory memory = SparseMemory.ofSize(16 << 20);

  private static Function<RequesterId, OptionalLong> deviceTable(long at) {
    return id ->
        id.value() < DEVICE_COUNT ? OptionalLong.of(at + id.value() * 32L) : OptionalLong.empty();
  }

  private InterruptTables unit(InterruptFormat format) {
    return new InterruptTables(
        memory, new InterruptSettings(true, format, 0), deviceTable(DEVICE_TABLE));
  }

  private void control(long word) {
    memory.writeLong(DEVICE_TABLE + SOURCE.value() * 32L + 16, word);
  }

  private void small(int index, InterruptTarget target) {
    long at = TABLE + index * 4L & -8L;
    long shift = index % 2 * 32L;
    memory.writeLong(at, memory.readLong(at) | InterruptEntry.of(target) << shift);
  }

  private static InterruptTarget fixed(long destination, int vector) {
    return new InterruptTarget(destination, false, vector, DeliveryMode.FIXED);
  }

  @ParameterizedTest
  @CsvSource({
    // IV, IntCtl, IntTabLen, what becomes of vector 0x31
    "0, 0, 0, delivered",
    "0, 2, 9, delivered",
    "1, 0, 9, 0x0",
    "1, 1, 9, delivered",
    "1, 2, 9, redirected",
    "1, 2, 6, redirected",
    "1, 2, 5, 0x2",
    "1, 2, 12, 0x1",
    "1, 2, 15, 0x1",
    "1, 3, 9, 0x1",
  })
  void theDeviceTableEntryDecides(int iv, int intCtl, int length, String fate) {
    small(0x31, fixed(1, 0x55));
    control(TABLE | iv | (long) length << 1 | (long) intCtl << 60);
    String found =
        switch (unit(InterruptFormat.SMALL).fate(SOURCE, MESSAGE)) {
          case InterruptFate.Delivered d -> d.target().equals(MESSAGE.target()) ? "delivered" : "";
          case InterruptFate.Redirected r -> r.target().equals(fixed(1, 0x55)) ? "redirected" : "";
          case InterruptFate.Blocked b -> Hex.of(b.reason());
          case InterruptFate.Posted _, InterruptFate.Unknown _ -> "";
        };
    assertEquals(fate, found);
  }

  @Test
  void anEntryThatIsNotEnabledBlocksWithItsAddressInTheEvidence() {
    control(REMAP | ENTRIES_512 | TABLE);
    InterruptFate fate = unit(InterruptFormat.SMALL).fate(SOURCE, MESSAGE);
    assertEquals(2, assertInstanceOf(InterruptFate.Blocked.class, fate).reason());
    assertEquals(new Reason.At(0x2000c4), fate.evidence().details().getFirst());
  }

  @Test
  void theDeliveryModeIsPartOfTheIndex() {
    control(REMAP | ENTRIES_512 | TABLE);
    small(0x131, fixed(1, 0x55));
    InterruptMessage arbitrated = new InterruptMessage(0xfee0_1004L, 0x131);
    assertInstanceOf(
        InterruptFate.Redirected.class, unit(InterruptFormat.SMALL).fate(SOURCE, arbitrated));
  }

  @ParameterizedTest
  @CsvSource({"NMI, 58", "INIT, 56", "EXT_INT, 57"})
  void interruptsWithoutAVectorPassByTheirBit(DeliveryMode mode, int bit) {
    InterruptMessage message = new InterruptMessage(0xfee0_0000L, mode.encoding() << 8);
    control(REMAP | ENTRIES_512 | TABLE);
    assertInstanceOf(
        InterruptFate.Blocked.class, unit(InterruptFormat.SMALL).fate(SOURCE, message));
    control(REMAP | ENTRIES_512 | TABLE | 1L << bit);
    assertInstanceOf(
        InterruptFate.Delivered.class, unit(InterruptFormat.SMALL).fate(SOURCE, message));
  }

  @Test
  void aReservedFieldOfTheDeviceTableEntryBlocks() {
    control(REMAP | ENTRIES_512 | TABLE | 1L << 52);
    InterruptFate fate = unit(InterruptFormat.SMALL).fate(SOURCE, MESSAGE);
    assertEquals(1, assertInstanceOf(InterruptFate.Blocked.class, fate).reason());
  }

  @Test
  void aDeviceBeyondTheDeviceTableIsBlocked() {
    InterruptFate fate = unit(InterruptFormat.SMALL).fate(RequesterId.parse("01:00.0"), MESSAGE);
    assertEquals(2, assertInstanceOf(InterruptFate.Blocked.class, fate).reason());
  }

  @Test
  void aWideEntryMayPostForAGuest() {
    control(REMAP | ENTRIES_512 | TABLE);
    memory.writeLong(TABLE + 0x31 * 16, 0x81);
    memory.writeLong(TABLE + 0x31 * 16 + 8, 0x33_3055L);
    InterruptFate fate = unit(InterruptFormat.WIDE).fate(SOURCE, MESSAGE);
    InterruptFate.Posted posted = assertInstanceOf(InterruptFate.Posted.class, fate);
    assertEquals(0x55, posted.vector());
    assertEquals(0x33_3000L, posted.descriptor());
  }

  @Test
  void tablesWhereThereIsNoMemoryAreNotKnown() {
    control(REMAP | ENTRIES_512 | 0xf_ffff_ffff_ffc0L);
    InterruptTables unit = unit(InterruptFormat.SMALL);
    assertInstanceOf(InterruptFate.Unknown.class, unit.fate(SOURCE, MESSAGE));
    assertEquals(List.of(), unit.prepare(SOURCE).stores());
    InterruptTables lost =
        new InterruptTables(
            memory, new InterruptSettings(true, InterruptFormat.WIDE, 0), deviceTable(1L << 40));
    assertInstanceOf(InterruptFate.Unknown.class, lost.fate(SOURCE, MESSAGE));
    assertEquals(List.of(), lost.prepare(SOURCE).stores());
    assertEquals(List.of(), lost.tablePages());
  }

  @Test
  void settingsAreThoseOfTheControlRegister() {
    assertEquals(
        new InterruptSettings(false, InterruptFormat.SMALL, 0), InterruptSettings.of(0, 0));
    assertEquals(new InterruptSettings(true, InterruptFormat.SMALL, 0), InterruptSettings.of(1, 0));
    assertEquals(
        new InterruptSettings(true, InterruptFormat.WIDE, 0), InterruptSettings.of(0x20001, 0));
    assertEquals(
        new InterruptSettings(true, InterruptFormat.WIDE_X2APIC, 0),
        InterruptSettings.of(0x4_0000_0002_0001L, 0));
  }

  @Test
  void theEncryptionBitIsNoAddress() {
    long bit = 1L << 47;
    control(REMAP | ENTRIES_512 | TABLE | bit);
    small(0x31, fixed(1, 0x55));
    InterruptTables encrypted =
        new InterruptTables(
            memory,
            new InterruptSettings(true, InterruptFormat.SMALL, bit),
            deviceTable(DEVICE_TABLE));
    assertInstanceOf(InterruptFate.Redirected.class, encrypted.fate(SOURCE, MESSAGE));
    assertEquals(TABLE, encrypted.tablePages().getFirst().first());
  }

  @Test
  void sharedTablesAreOneAndPagesAreWhole() {
    control(REMAP | ENTRIES_512 | TABLE + 0xfc0);
    memory.writeLong(DEVICE_TABLE + 16, REMAP | ENTRIES_512 | TABLE + 0xfc0);
    assertEquals(
        List.of(AddressRange.ofSize(TABLE, 0x1000), AddressRange.ofSize(TABLE + 0x1000, 0x1000)),
        unit(InterruptFormat.SMALL).tablePages());
    assertEquals(3, unit(InterruptFormat.WIDE).tablePages().size());
  }

  @ParameterizedTest
  @EnumSource(InterruptFormat.class)
  void freeEntriesArePreparedAndOthersAreNamed(InterruptFormat format) {
    control(REMAP | ENTRIES_512 | TABLE);
    for (int index = 0; index < 0x24; index++) {
      memory.writeLong(TABLE + (long) index * format.bytes() & -8L, 0x31_0001_0031_0001L);
    }
    InterruptPreparation plan = unit(format).prepare(SOURCE);
    assertEquals(207 - 4, plan.preparedCount());
    assertEquals(
        List.of(new Hindrance(List.of(0x20, 0x21, 0x22, 0x23), Reason.of(Named.TAKEN))),
        plan.against());
    assertFalse(plan.conditions().isEmpty());
  }

  @Test
  void aPreparedEntryOf16BytesIsPublishedByItsLastStore() {
    control(REMAP | ENTRIES_512 | TABLE);
    InterruptPreparation plan = unit(InterruptFormat.WIDE_X2APIC).prepare(SOURCE);
    assertEquals(TABLE + 0x208, plan.stores().getFirst().address());
    assertEquals(0xff00_0000_0000_0020L, plan.stores().getFirst().after());
    assertEquals(0xffff_ff01L, plan.stores().get(1).after());
  }

  @Test
  void aTableThatIsTooShortCannotBePrepared() {
    control(REMAP | 5L << 1 | TABLE);
    InterruptPreparation plan = unit(InterruptFormat.SMALL).prepare(SOURCE);
    assertEquals(List.of(), plan.stores());
    assertEquals(
        List.of(
            new Hindrance(
                InterruptRemapping.deviceVectors().boxed().toList(),
                Reason.of(InterruptEvent.BEYOND_TABLE))),
        plan.against());
  }

  @Override
  protected InterruptRemapping randomUnit(SparseMemory memory, SplittableRandom random) {
    InterruptFormat format = FORMATS.get(random.nextInt(FORMATS.size()));
    int length = random.nextInt(12);
    for (int i = 0; i < 1 << length; i++) {
      if (random.nextBoolean()) {
        memory.writeLong(TABLE + i * 8L, random.nextLong());
      }
    }
    for (int id = 0; id < DEVICE_COUNT; id++) {
      long table = random.nextInt(8) == 0 ? random.nextLong(1L << 52) & -64L : TABLE;
      long word = (random.nextInt(8) == 0 ? random.nextLong() : REMAP) & ~0x3f_ffff_ffff_ffdeL;
      memory.writeLong(DEVICE_TABLE + id * 32L + 16, word | table | (long) length << 1);
    }
    boolean enabled = random.nextInt(8) != 0;
    return new InterruptTables(
        memory, new InterruptSettings(enabled, format, 0), deviceTable(DEVICE_TABLE));
  }

  @Override
  protected boolean preparable() {
    return true;
  }
}
