// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.crashlane.SharedData;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Layout;
import org.crashlane.iommu.Permissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Entries as words, against words that Linux wrote. */
class EntryVectorsTest {

  @ParameterizedTest(name = "{0}")
  @CsvSource({"vectors/amdvi_2.6.32.csv, false", "vectors/amdvi_6.1.csv, true"})
  void entriesAreThoseThatLinuxWrites(String path, boolean forceCoherent) throws IOException {
    List<String> lines = Files.readAllLines(SharedData.require(path));
    Map<String, Integer> kinds = new HashMap<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] columns = line.split(",", 3);
      LongBuffer words =
          ByteBuffer.wrap(HexFormat.of().parseHex(columns[2]))
              .order(ByteOrder.LITTLE_ENDIAN)
              .asLongBuffer();
      Map<String, Long> input = input(columns[1]);
      kinds.merge(columns[0], 1, Integer::sum);
      assertEquals(LongBuffer.wrap(words(columns[0], input, forceCoherent)), words, line);
    }
    System.out.println(path + ": " + kinds);
    assertTrue(kinds.containsKey("pte"), kinds::toString);
  }

  private static long[] words(String kind, Map<String, Long> input, boolean forceCoherent) {
    return switch (kind) {
      case "pde" ->
          new long[] {PageTableEntry.table(input.get("next"), input.get("nextlevel").intValue())};
      case "pte" -> new long[] {leaf(input, forceCoherent)};
      case "dte" ->
          new long[] {
            DeviceTableEntry.translated(input.get("root"), input.get("mode").intValue()),
            DeviceTableEntry.domain(input.get("domid").intValue()),
            0,
            0
          };
      default -> throw new IllegalArgumentException(kind);
    };
  }

  private static Map<String, Long> input(String text) {
    Map<String, Long> input = new HashMap<>();
    for (String pair : text.split(" ", -1)) {
      String[] both = pair.split("=", 2);
      input.put(both[0], Long.decode(both[1]));
    }
    return input;
  }

  private static long leaf(Map<String, Long> input, boolean forceCoherent) {
    // Linux counts permissions and levels from 0: 1 reads, 2 writes; level 0 is the lowest.
    Permissions permissions =
        Permissions.of((input.get("prot") & 1) != 0, (input.get("prot") & 2) != 0);
    long size = input.getOrDefault("size", (long) PageTableEntry.LARGEST.pageBytes());
    long phys = input.get("phys");
    boolean ownSize = input.getOrDefault("copies", 1L) == 1;
    long entry =
        ownSize
            ? PageTableEntry.leaf(phys, permissions)
            : PageTableEntry.sizedLeaf(phys, size, permissions);
    return PageTableEntry.FC.with(entry, forceCoherent ? 1 : 0);
  }

  @Test
  void deviceTableEntryOfThreeLevels() {
    assertEquals(0x600000003f003603L, DeviceTableEntry.translated(0x3f003000L, 3));
    assertEquals(3, DeviceTableEntry.levels(0x600000003f003603L));
  }

  @Test
  void leafOf4KibIsPresentCoherentAndHasItsRights() {
    assertEquals(0x700000003f000001L, PageTableEntry.leaf(0x3f000000L, Permissions.READ_WRITE));
    assertEquals(0x300000003f000001L, PageTableEntry.leaf(0x3f000000L, Permissions.READ_ONLY));
    assertEquals(0x500000003f000001L, PageTableEntry.leaf(0x3f000000L, Permissions.WRITE_ONLY));
  }

  @Test
  void entryOfALevelOneTableNamesItsLevel() {
    assertEquals(0x600000003f004201L, PageTableEntry.table(0x3f004000L, 1));
  }

  @ParameterizedTest(name = "{0} bytes: {1}")
  @CsvSource({"0x2000, 0xe00", "0x8000, 0x3e00", "0x200000, 0xffe00", "0x40000000, 0x1ffffe00"})
  void sizedLeafCodesItsSizeInItsAddress(String sizeBytes, String sizeField) {
    long entry = PageTableEntry.sizedLeaf(0, Hex.parse(sizeBytes), Permissions.NONE);
    long plain = PageTableEntry.leaf(0, Permissions.NONE);
    assertEquals(Hex.parse(sizeField), entry & ~plain);
    assertEquals(
        Hex.parse(sizeBytes), PageTableEntry.sizeBytes(PageTableEntry.ADDR.inPlace(entry)));
  }

  @Test
  void everySizeIsReadAsItWasWritten() {
    for (int order = 13; order <= 52; order++) {
      long entry = PageTableEntry.sizedLeaf(0, 1L << order, Permissions.READ_WRITE);
      assertEquals(
          1L << order, PageTableEntry.sizeBytes(PageTableEntry.ADDR.inPlace(entry)), "2^" + order);
    }
  }

  @Test
  void wholeWordsAreCoveredByTheirFields() {
    for (Layout layout :
        List.of(
            DeviceTableEntry.WORD_0,
            DeviceTableEntry.WORD_1,
            InterruptControl.LAYOUT,
            DeviceTableEntry.WORD_3,
            PageTableEntry.LAYOUT,
            EventRecord.LOW)) {
      assertEquals(-1L, layout.mask(), layout.name());
    }
  }

  @Test
  void guestTableIsGatheredFromItsThreeFields() {
    long address = 0xa_bcde_f123_4000L;
    long word0 = DeviceTableEntry.GCR3_14_12.of(address >>> 12 & 7);
    long word1 =
        DeviceTableEntry.GCR3_30_15.of(address >>> 15 & 0xffff)
            | DeviceTableEntry.GCR3_51_31.of(address >>> 31);
    assertEquals(address, DeviceTableEntry.guestTable(word0, word1));
    assertEquals(0, DeviceTableEntry.guestTable(~DeviceTableEntry.GCR3_14_12.mask(), 0xffff));
  }

  @Test
  void capabilitiesOfQemuAreReadAsItSetsThem() {
    Capabilities qemu = AmdviFixture.QEMU;
    assertEquals(6, qemu.maximumLevels());
    assertEquals(6, new Capabilities(0, 0).maximumLevels());
    assertEquals(64, PageTableEntry.LARGEST.addressBits(qemu.maximumLevels()));
  }
}
