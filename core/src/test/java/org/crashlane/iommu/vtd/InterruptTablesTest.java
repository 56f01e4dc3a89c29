// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import org.crashlane.bits.Reason;
import org.crashlane.interrupt.DeliveryMode;
import org.crashlane.interrupt.InterruptFate;
import org.crashlane.interrupt.InterruptMessage;
import org.crashlane.interrupt.InterruptRemapping;
import org.crashlane.interrupt.InterruptRemappingContract;
import org.crashlane.interrupt.InterruptTarget;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.vtd.Registers.Gsts;
import org.crashlane.iommu.vtd.Registers.Irta;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a VT-d unit does with interrupts, by registers and tables. */
final class InterruptTablesTest extends InterruptRemappingContract {
  private static final long TABLE = 0x10_0000;
  private static final int SIZE_256 = 7;
  private static final InterruptMessage COMPATIBLE = InterruptMessage.fixed(2, 0x31);

  private final SparseMemory memory = SparseMemory.ofSize(16 << 20);

  private static InterruptTables unit(SparseMemory memory, long gsts, long irta) {
    return InterruptTables.open(
        memory,
        new RegisterFile() {
          @Override
          public long read32(int offset) {
            return offset == Registers.GSTS.offset() ? gsts : 0;
          }

          @Override
          public long read64(int offset) {
            return offset == Registers.IRTA.offset() ? irta : 0;
          }
        });
  }

  private InterruptTables remapping(boolean extended) {
    long irta = Irta.IRTA.inPlace(TABLE) | Irta.S.of(SIZE_256) | Irta.EIME.of(extended ? 1 : 0);
    return unit(memory, Gsts.IRES.of(1), irta);
  }

  private void entry(int index, long low, long high) {
    memory.writeLong(TABLE + index * 16L, low);
    memory.writeLong(TABLE + index * 16L + 8, high);
  }

  private void entry(int index, InterruptTarget target, RequesterId source) {
    entry(index, InterruptEntry.low(target, false), InterruptEntry.high(source));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, 0, true",
    "0, 0, 1, true",
    "0, 1, 0, true",
    "0, 1, 1, true",
    "1, 0, 0, false",
    "1, 0, 1, false",
    "1, 1, 0, true",
    "1, 1, 1, false",
  })
  void compatibilityFormatPassesWithCfisAndWithoutEime(
      int ires, int cfis, int eime, boolean passes) {
    long gsts = Gsts.IRES.of(ires) | Gsts.CFIS.of(cfis);
    InterruptFate fate = unit(memory, gsts, Irta.EIME.of(eime)).fate(SOURCE, COMPATIBLE);
    assertEquals(passes, fate.brings(0x31), fate.toString());
    if (passes) {
      assertEquals(
          COMPATIBLE.target(), assertInstanceOf(InterruptFate.Delivered.class, fate).target());
    } else {
      assertEquals(0x25, assertInstanceOf(InterruptFate.Blocked.class, fate).reason());
      Reason.Fields deciding =
          assertInstanceOf(Reason.Fields.class, fate.evidence().details().getFirst());
      assertEquals(
          List.of(1L, (long) cfis, (long) eime),
          deciding.fields().stream().map(Reason.Field::value).toList());
    }
  }

  @Test
  void aRemappableMessageGoesWhereItsEntrySays() {
    InterruptTarget target = new InterruptTarget(3, false, 0x52, DeliveryMode.FIXED);
    entry(9, target, SOURCE);
    InterruptFate fate = remapping(false).fate(SOURCE, RemappableMessage.naming(9));
    assertEquals(target, assertInstanceOf(InterruptFate.Redirected.class, fate).target());
    assertEquals(new Reason.At(0x100090), fate.evidence().details().getFirst());
  }

  @ParameterizedTest
  @CsvSource({"256, 0x21", "8, 0x22", "10, 0x26"})
  void aRemappableMessageIsBlockedForTheEntrysReason(int index, String reason) {
    entry(9, new InterruptTarget(3, false, 0x52, DeliveryMode.FIXED), SOURCE);
    entry(
        10, new InterruptTarget(3, false, 0x52, DeliveryMode.FIXED), RequesterId.parse("00:05.0"));
    InterruptFate fate = remapping(false).fate(SOURCE, RemappableMessage.naming(index));
    assertEquals(
        Integer.decode(reason), assertInstanceOf(InterruptFate.Blocked.class, fate).reason());
  }

  @Test
  void aReservedFieldOfTheMessageBlocksIt() {
    InterruptFate fate = remapping(false).fate(SOURCE, new InterruptMessage(0xfee0_0010L, 1 << 20));
    assertEquals(0x20, assertInstanceOf(InterruptFate.Blocked.class, fate).reason());
  }

  @Test
  void aPostedEntryRecordsForAGuest() {
    entry(4, 0x40L << 32 | 0x31_8001L, 0x1_0004_0020L);
    InterruptFate fate = remapping(false).fate(SOURCE, RemappableMessage.naming(4));
    assertEquals(0x1_0000_0040L, assertInstanceOf(InterruptFate.Posted.class, fate).descriptor());
    assertFalse(fate.brings(0x31));
  }

  @Test
  void aTableWhereThereIsNoMemoryIsNotKnown() {
    InterruptTables wild = unit(memory, Gsts.IRES.of(1), 0xf_ffff_ffff_f000L | Irta.S.mask());
    InterruptFate fate = wild.fate(SOURCE, RemappableMessage.naming(0xffff));
    assertInstanceOf(InterruptFate.Unknown.class, fate);
    assertEquals(256, wild.tablePages().size());
  }

  @Test
  void tablePagesAreThoseOfTheWholeTable() {
    assertEquals(List.of(AddressRange.ofSize(TABLE, 0x1000)), remapping(false).tablePages());
    assertEquals(2, unit(memory, Gsts.IRES.of(1), TABLE | SIZE_256 + 1).tablePages().size());
    assertEquals(1, unit(memory, Gsts.IRES.of(1), TABLE).tablePages().size());
  }

  @Test
  void theCommandThatLetsCompatibilityFormatPassIsARemedyWithoutEimeOnly() {
    assertTrue(remapping(false).mayLetCompatibilityPass());
    assertFalse(remapping(true).mayLetCompatibilityPass());
    assertFalse(remapping(false).prepare(SOURCE).against().isEmpty());
  }

  @Override
  protected InterruptRemapping randomUnit(SparseMemory memory, SplittableRandom random) {
    long table = random.nextInt(8) == 0 ? random.nextLong() : TABLE;
    int size = random.nextInt(10);
    for (int index = 0; index < 2 << size; index++) {
      boolean noise = random.nextInt(4) == 0;
      memory.writeLong(
          TABLE + index * 16L, random.nextLong() & (noise ? -1L : 0x0000_ff00_00ff_0fffL));
      memory.writeLong(
          TABLE + index * 16L + 8, noise ? random.nextLong() : InterruptEntry.high(SOURCE));
    }
    long gsts = Gsts.IRES.of(random.nextInt(4) == 0 ? 0 : 1) | Gsts.CFIS.of(random.nextInt(2));
    return unit(memory, gsts, Irta.IRTA.inPlace(table) | size | Irta.EIME.of(random.nextInt(2)));
  }

  @Override
  protected boolean preparable() {
    return false;
  }
}
