// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.crashlane.firmware.Tables.dmarBytes;
import static org.crashlane.firmware.Tables.drhd;
import static org.crashlane.firmware.Tables.endpoint;
import static org.crashlane.firmware.Tables.localX2apic;
import static org.crashlane.firmware.Tables.madtBytes;
import static org.crashlane.firmware.Tables.rmrr;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Reason.At;
import org.crashlane.bits.Reason.Because;
import org.crashlane.bits.Reason.Count;
import org.crashlane.bits.Reason.Name;
import org.crashlane.firmware.FirmwareInMemory;
import org.crashlane.firmware.Tables;
import org.crashlane.linux.LinuxView;
import org.crashlane.memory.Absence;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.junit.jupiter.api.Test;

/** Tables as they stand in a machine's memory, where nobody vouches for a byte. */
final class InstalledTablesTest {
  private static final long BIOS = 0xf5a10;
  private static final long ROOT = 0x7fe0000;
  private static final AddressRange LOW = AddressRange.ofSize(0, 0x8000000);

  private static final byte[] DMAR =
      dmarBytes(drhd(0xfed90000L, 1, 0), rmrr(0x2000000, 0x2ffffff, 0, endpoint("00 1f02")));
  private static final byte[] OTHER_DMAR = dmarBytes(drhd(0xfed91000L, 1, 0));
  private static final byte[] MADT = madtBytes(localX2apic(3, 1), localX2apic(300, 1));

  private final SparseMemory memory = new SparseMemory("memory", List.of(LOW));

  private InstalledTables read() {
    return InstalledTables.read(memory, RootPointer.inBiosArea(memory).stream().toList());
  }

  private static List<String> signatures(InstalledTables tables) {
    return tables.tables().stream().map(table -> table.header().signature()).toList();
  }

  private void write(long address, byte[] bytes) {
    FirmwareInMemory.write(memory, address, bytes);
  }

  private void install(byte[]... tables) {
    FirmwareInMemory.install(memory, BIOS, ROOT, tables);
  }

  @Test
  void theTablesAreThoseOfTheRootTableInItsOrder() {
    install(Tables.table("FACP", "00"), MADT, DMAR, OTHER_DMAR);
    InstalledTables found = read();
    assertEquals(
        List.of(AcpiTable.read("", MADT), AcpiTable.read("", DMAR), AcpiTable.read("", OTHER_DMAR)),
        found.tables());
    assertTrue(found.unread().isEmpty());
  }

  @Test
  void pointersOfAcpiOneLeadToAddressesOfFourBytes() {
    write(ROOT, FirmwareInMemory.root("RSDT", Integer.BYTES, ROOT + 0x1000, 0, ROOT + 0x2000));
    write(ROOT + 0x1000, DMAR);
    write(ROOT + 0x2000, MADT);
    write(BIOS, FirmwareInMemory.pointer(0, ROOT, 0xdead000));
    assertEquals(List.of("DMAR", "APIC"), signatures(read()), "an entry of zero is none");
  }

  @Test
  void aPointerOfRevisionTwoWithoutAnXsdtLeadsToTheRsdt() {
    write(ROOT, FirmwareInMemory.root("RSDT", Integer.BYTES, ROOT + 0x1000));
    write(ROOT + 0x1000, DMAR);
    write(BIOS, FirmwareInMemory.pointer(2, ROOT, 0));
    assertEquals(List.of("DMAR"), signatures(read()));
  }

  @Test
  void aPointerOfRevisionTwoAddsUpAsAWhole() {
    install(DMAR);
    byte[] pointer = FirmwareInMemory.pointer(2, 0, ROOT);
    pointer[33]++;
    write(BIOS, pointer);
    assertEquals(List.of(), read().tables());
    write(ROOT, FirmwareInMemory.root("RSDT", Integer.BYTES, ROOT + 0x1000));
    byte[] old = FirmwareInMemory.pointer(0, ROOT, 0);
    old[24]++;
    write(BIOS, old);
    assertEquals(List.of("DMAR"), signatures(read()), "only the first 20 bytes are of ACPI 1.0");
  }

  @Test
  void aSecondTableThatCannotBeReadLeavesTheFirstKnown() {
    byte[] second = MADT.clone();
    second[4] = 35;
    install(MADT, second);
    InstalledTables found = read();
    assertEquals(List.of(AcpiTable.read("", MADT)), found.tables());
    assertEquals(Optional.empty(), found.whyUnread("APIC"));
  }

  @Test
  void theExtendedBiosDataAreaIsLookedAtFirst() {
    install(MADT);
    long ebda = 0x9fc00;
    memory.writeLong(0x408, ebda >> 4 << 48);
    FirmwareInMemory.install(memory, ebda + 0x20, ROOT + 0x10000, DMAR);
    assertEquals(List.of("DMAR"), signatures(read()));
  }

  @Test
  void withoutAPointerNothingIsKnown() {
    InstalledTables found = read();
    assertEquals(List.of(), found.tables());
    for (String signature : AcpiTable.SIGNATURES) {
      assertEquals(Optional.of(Reason.of(Flaw.ROOT_POINTER_NOT_FOUND)), found.whyUnread(signature));
    }
  }

  @Test
  void aTableOutsideMemoryMayBeAnyThatWasNotSeenBefore() {
    write(ROOT + 0x1000, MADT);
    write(ROOT + 0x2000, DMAR);
    write(ROOT, FirmwareInMemory.root("XSDT", Long.BYTES, ROOT + 0x1000, 0x9000000, ROOT + 0x2000));
    write(BIOS, FirmwareInMemory.pointer(2, 0, ROOT));
    InstalledTables found = read();
    assertEquals(Optional.empty(), found.whyUnread("APIC"));
    assertEquals(noMemoryAt(0x9000000), found.whyUnread("DMAR"));
  }

  @Test
  void lengthsBeyondReasonAreNotBelieved() {
    for (long length : new long[] {0, 35, (2 << 20) + 1, 0xffffffffL}) {
      byte[] table = DMAR.clone();
      for (int i = 0; i < Integer.BYTES; i++) {
        table[4 + i] = (byte) (length >> (8 * i));
      }
      install(MADT, table);
      assertEquals(
          outOfBounds("ACPI table", ROOT + 0x2000, length, 2 << 20), read().whyUnread("DMAR"));
      write(ROOT, FirmwareInMemory.root("XSDT", Long.BYTES, ROOT + 0x1000));
      byte[] root = FirmwareInMemory.root("XSDT", Long.BYTES, ROOT + 0x1000);
      System.arraycopy(table, 4, root, 4, Integer.BYTES);
      write(ROOT, root);
      assertEquals(outOfBounds("XSDT", ROOT, length, 1 << 16), read().whyUnread("APIC"));
    }
  }

  @Test
  void aTableThatCrossesTheEndOfMemoryIsNotRead() {
    long last = LOW.last() + 1 - 0x40;
    write(last, Arrays.copyOf(DMAR, 0x40));
    write(ROOT, FirmwareInMemory.root("XSDT", Long.BYTES, last));
    write(BIOS, FirmwareInMemory.pointer(2, 0, ROOT));
    assertEquals(noMemoryAt(LOW.last() + 1), read().whyUnread("DMAR"));
  }

  @Test
  void aRootTableThatNamesItselfIsReadOnce() {
    write(ROOT, FirmwareInMemory.root("XSDT", Long.BYTES, ROOT, ROOT, ROOT));
    write(BIOS, FirmwareInMemory.pointer(2, 0, ROOT));
    assertEquals(List.of(), read().tables());
    assertTrue(read().unread().isEmpty());
  }

  @Test
  void noMoreIsReadThanIsReasonable() {
    long large = 0x5000000;
    byte[] table = Tables.table("SSDT", "00".repeat((1 << 20) - 36));
    write(large, table);
    long[] places = new long[1000];
    Arrays.fill(places, large);
    write(ROOT, FirmwareInMemory.root("XSDT", Long.BYTES, places));
    write(BIOS, FirmwareInMemory.pointer(2, 0, ROOT));
    assertEquals(outOfBounds("ACPI table", large, 1 << 20, 0), read().whyUnread("DMAR"));
  }

  @Test
  void copiesOfAPointerAgreeAndLeftoversDoNotCount() {
    install(DMAR, MADT);
    RootPointer right = RootPointer.inBiosArea(memory).orElseThrow();
    RootPointer copy = new RootPointer(0x3000000, 2, 0, right.xsdtAddress());
    RootPointer leftover = new RootPointer(0x3100000, 2, 0, 0x3200000);
    assertEquals(read(), InstalledTables.read(memory, List.of(leftover, copy, right)));
    InstalledTables none = InstalledTables.read(memory, List.of(leftover));
    assertEquals(
        Optional.of(
            Reason.of(
                Flaw.OTHER_SIGNATURE,
                new Name("XSDT"),
                new At(0x3200000),
                new Name("\"\\x00\\x00\\x00\\x00\""))),
        none.whyUnread("DMAR"));
  }

  @Test
  void pointersThatDisagreeTellNothing() {
    install(DMAR, MADT);
    FirmwareInMemory.install(memory, 0x3000000, 0x3100000, OTHER_DMAR, MADT);
    List<RootPointer> both =
        List.of(
            RootPointer.inBiosArea(memory).orElseThrow(),
            new RootPointer(0x3000000, 2, 0, 0x3100000));
    InstalledTables found = InstalledTables.read(memory, both);
    assertEquals(List.of(), found.tables());
    assertEquals(
        Optional.of(Reason.of(Flaw.ROOT_POINTERS_DIFFER, new At(BIOS), new At(0x3000000))),
        found.whyUnread("DMAR"));
  }

  @Test
  void moreRootPointersThanAnyMachineHasTellNothing() {
    RootPointer pointer = new RootPointer(0x3000000, 2, 0, ROOT);
    InstalledTables found = InstalledTables.read(memory, Collections.nCopies(65, pointer));
    assertEquals(
        Optional.of(Reason.of(Flaw.TOO_MANY_ROOT_POINTERS, new Count(65))),
        found.whyUnread("DMAR"));
  }

  @Test
  void whatDoesNotAddUpOrEndsTooEarlyIsNotATable() {
    byte[] damaged = Tables.table("FACP", "00");
    damaged[9]++;
    install(damaged);
    assertEquals(
        Optional.of(
            Reason.of(Flaw.TABLE_DOES_NOT_ADD_UP, new Name("ACPI table"), new At(ROOT + 0x1000))),
        read().whyUnread("DMAR"));
    install(Tables.table("DMAR", "00"));
    assertEquals(
        Optional.of(
            Reason.of(
                Flaw.TABLE_TOO_SHORT,
                new Name("ACPI table"),
                new At(ROOT + 0x1000),
                new Name("flags"),
                new Count(1),
                new Count(0))),
        read().whyUnread("DMAR"));
  }

  private static Optional<Reason> noMemoryAt(long address) {
    return Optional.of(
        Reason.of(Flaw.MEMORY_NOT_READ, new At(address), new Because(Absence.NO_MEMORY)));
  }

  private static Optional<Reason> outOfBounds(String what, long address, long length, long max) {
    return Optional.of(
        Reason.of(
            Flaw.LENGTH_OUT_OF_BOUNDS,
            new Name(what),
            new At(address),
            new Count(length),
            new Count(36),
            new Count(max)));
  }

  /** What firmware has said is never lost without a word, whichever byte was written over. */
  @Test
  void noDamagedByteMakesARegionVanishUnnoticed() {
    install(MADT, DMAR);
    long[] places = {BIOS, ROOT, ROOT + 0x1000, ROOT + 0x2000};
    int[] lengths = {36, 36 + 16, MADT.length, DMAR.length};
    int pairs = 0;
    for (int i = 0; i < places.length; i++) {
      for (int offset = 0; offset < lengths[i]; offset++) {
        for (int damage : new int[] {0x01, 0x80, 0xff}) {
          long word = (places[i] + offset) / 8 * 8;
          long before = memory.readLong(word);
          memory.writeLong(word, before ^ ((long) damage << (8 * (offset % 8))));
          requireRegionOrDoubt("%s + %d".formatted(places[i], offset));
          memory.writeLong(word, before);
          pairs++;
        }
      }
    }
    assertEquals(3 * (36 + 52 + MADT.length + DMAR.length), pairs);
  }

  private void requireRegionOrDoubt(String where) {
    InstalledTables found = read();
    LinuxView view = new LinuxView(found.tables());
    boolean isThere =
        view.statedRegions().stream()
            .anyMatch(r -> r.range().equals(AddressRange.parse("0x2000000-0x2ffffff")));
    assertTrue(
        isThere || found.whyUnread("DMAR").isPresent() || !view.whyRegionsMayLack().isEmpty(),
        where);
  }

  /** Checksums are right here, so that what is behind them is read. */
  @Test
  void damageThatAddsUpIsReadWithoutFailing() {
    SplittableRandom random = new SplittableRandom(7);
    for (int round = 0; round < 300; round++) {
      byte[][] all = {MADT.clone(), DMAR.clone(), FirmwareInMemory.root("XSDT", 8, 0, 0, 0)};
      for (byte[] table : all) {
        for (int i = random.nextInt(4); i > 0; i--) {
          table[random.nextInt(4, table.length)] = (byte) random.nextInt();
        }
        table[9] -= (byte) AcpiHeader.sum(table, table.length);
      }
      install(all[0], all[1]);
      if (random.nextBoolean()) {
        write(ROOT, all[2]);
      }
      InstalledTables found = read();
      LinuxView view = new LinuxView(found.tables());
      assertTrue(view.statedRegions().size() <= 1 && view.processors().size() <= 20);
    }
  }
}
