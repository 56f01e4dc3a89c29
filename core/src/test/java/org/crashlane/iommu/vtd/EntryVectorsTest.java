// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.crashlane.SharedData;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Layout;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.paging.EntryFormat;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Entries as words, against words that others wrote. */
class EntryVectorsTest {
  /** A unit that knows SNP. */
  private static final Capabilities SNOOPING =
      new Capabilities(VtdFixture.WIDE.cap(), Registers.Ecap.SC.with(VtdFixture.WIDE.ecap(), 1));

  /** Made by hand from the fields that Linux sets, so that some are there without shared data. */
  @Test
  void ownEntriesAreThoseThatLinuxWrites() throws IOException, URISyntaxException {
    URL own = Objects.requireNonNull(EntryVectorsTest.class.getResource("entries.csv"));
    Map<String, Integer> kinds = assertAsLinuxWrites(Path.of(own.toURI()));
    assertEquals(Set.of("root", "context", "pte"), kinds.keySet());
  }

  @ParameterizedTest
  @ValueSource(strings = {"vectors/vtd_2.6.32.csv", "vectors/vtd_6.1.csv"})
  void entriesAreThoseThatLinuxWrites(String path) throws IOException {
    Map<String, Integer> kinds = assertAsLinuxWrites(SharedData.require(path));
    System.out.println(path + ": " + kinds);
    assertFalse(kinds.isEmpty());
  }

  /** {@return how many lines of each kind there are, all as our own entries} */
  private static Map<String, Integer> assertAsLinuxWrites(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
    Map<String, Integer> kinds = new TreeMap<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] columns = line.split(",", 3);
      ByteBuffer words =
          ByteBuffer.wrap(HexFormat.of().parseHex(columns[2])).order(ByteOrder.LITTLE_ENDIAN);
      kinds.merge(columns[0], 1, Integer::sum);
      switch (columns[0]) {
        case "root" -> assertRoot(Long.decode(columns[1]), words, line);
        case "context" -> assertContext(fields(columns[1]), words, line);
        case "pte" -> assertLeaf(fields(columns[1]), words, line);
        default -> throw new IllegalStateException("unknown kind: " + line);
      }
      assertEquals(0, words.remaining(), line);
    }
    return kinds;
  }

  private static Map<String, Long> fields(String text) {
    Map<String, Long> fields = new HashMap<>();
    for (String field : text.split(" ", -1)) {
      String[] both = field.split("=", 2);
      fields.put(both[0], Long.decode(both[1]));
    }
    return fields;
  }

  private static void assertRoot(long contextTable, ByteBuffer words, String line) {
    assertEquals(words.getLong(), RootEntry.low(contextTable), line);
    assertEquals(0, words.getLong(), line);
    assertEquals(contextTable, RootEntry.contextTable(RootEntry.low(contextTable)), line);
  }

  /** Linux counts levels from two: agaw 1 has three. */
  private static void assertContext(Map<String, Long> input, ByteBuffer words, String line) {
    long low = words.getLong();
    long high = words.getLong();
    int levels = input.get("aw").intValue() + 2;
    int domain = input.get("did").intValue();
    int type = input.get("tt").intValue();
    assertTrue(ContextEntry.isPresent(low), line);
    assertEquals(input.get("root"), ContextEntry.table(low), line);
    assertEquals(type, ContextEntry.translationType(low), line);
    assertEquals(domain, ContextEntry.domainId(high), line);
    assertEquals(levels, ContextEntry.levels(high), line);
    assertEquals(low, ContextEntry.low(type, input.get("root")), line);
    assertEquals(high, ContextEntry.high(levels, domain), line);
  }

  /** A large page is one of 2 MiB; of permissions 1 is to read, 2 to write. */
  private static void assertLeaf(Map<String, Long> input, ByteBuffer words, String line) {
    long word = words.getLong();
    long page = input.get("pfn") * SecondLevelEntry.LARGEST.pageBytes();
    int level = input.getOrDefault("large", 0L) == 1 ? 2 : 1;
    Permissions permissions =
        Permissions.of((input.get("prot") & 1) != 0, (input.get("prot") & 2) != 0);
    long snoop = SecondLevelEntry.SNP.of(input.getOrDefault("snp", 0L));
    assertEquals(word, SecondLevelEntry.leaf(page, level, permissions) | snoop, line);
    PageTableFormat format =
        PageTableFormat.secondLevel(
            UnitConfig.translating(SNOOPING, UnitConfig.HOST_ADDRESS_WIDTH_MAX, 0));
    assertEquals(page, format.target(word), line);
    assertEquals(EntryFormat.Kind.LEAF, format.kind(word, level), line);
    assertEquals(permissions, format.rights(word, level), line);
  }

  @Test
  void contextEntryOf48BitsInDomain5() {
    assertEquals(0x3f002001L, ContextEntry.low(ContextEntry.TT_UNTRANSLATED_ONLY, 0x3f002000L));
    assertEquals(0x502L, ContextEntry.high(4, 5));
    assertEquals(4, ContextEntry.levels(0x502L));
    assertEquals(5, ContextEntry.domainId(0x502L));
  }

  @ParameterizedTest(name = "level {0} of 0x1234567000 is entry {1}")
  @CsvSource({"4, 0", "3, 72", "2, 418", "1, 359"})
  void indexIsTakenFromNineBitsForEachLevel(int level, int index) {
    assertEquals(index, SecondLevelEntry.LARGEST.index(0x1234567000L, level));
  }

  @ParameterizedTest(name = "{0} levels translate {1} bits")
  @CsvSource({"2, 30", "3, 39", "4, 48", "5, 57", "6, 64"})
  void levelsMakeTheWidth(int levels, int width) {
    assertEquals(width, SecondLevelEntry.LARGEST.addressBits(levels));
  }

  @ParameterizedTest(name = "{1} leaf at level {0}")
  @CsvSource({
    "1, READ_WRITE, 0x3f000003",
    "2, READ_WRITE, 0x3f000083",
    "1, READ_ONLY, 0x3f000001",
    "3, WRITE_ONLY, 0x3f000082"
  })
  void leafHasRightsAndPageSize(int level, Permissions permissions, String word) {
    assertEquals(Hex.parse(word), SecondLevelEntry.leaf(0x3f000000L, level, permissions));
  }

  @Test
  void faultRecordOfARead() {
    Request request = new Request(RequesterId.parse("00:02.0"), 0x9c000123L, Access.READ);
    Fault fault = new Fault(request, FaultReason.NO_READ_PERMISSION, true);
    FaultRecord record = FaultRecord.of(fault);
    assertEquals(0x9c000000L, record.low());
    assertEquals(0xc000000600000010L, record.high());
    assertEquals(Optional.of(record), FaultRecord.decode(record.low(), record.high()));
    assertEquals(
        "00:02.0 READ at 0x9c000000: reason 0x6, read permission is not set", record.toString());
  }

  @Test
  void faultRecordKeepsThePasid() {
    FaultRecord record =
        new FaultRecord(
            0x1000, RequesterId.parse("3a:1f.7"), Access.WRITE, 0x85, Optional.of(0xfffff));
    assertEquals(Optional.of(record), FaultRecord.decode(record.low(), record.high()));
  }

  @Test
  void registerWithoutFaultHoldsNoRecord() {
    assertEquals(Optional.empty(), FaultRecord.decode(0x9c000000L, 0x4000000600000010L));
  }

  @Test
  void everyReasonIsFoundByItsCode() {
    for (FaultReason reason : FaultReason.values()) {
      assertEquals(Optional.of(reason), FaultReason.of(reason.code()));
    }
    assertEquals(Optional.empty(), FaultReason.of(0xff));
  }

  @Test
  void wholeWordsAreCoveredByTheirFields() {
    List<Layout> whole =
        List.of(
            RootEntry.LOW,
            RootEntry.HIGH,
            ContextEntry.LOW,
            ContextEntry.HIGH,
            SecondLevelEntry.LAYOUT,
            FirstLevelEntry.LAYOUT,
            ScalableRootEntry.LOW,
            ScalableRootEntry.HIGH,
            ScalableContextEntry.WORD_0,
            ScalableContextEntry.WORD_1,
            PasidDirectoryEntry.LAYOUT,
            PasidTableEntry.WORD_0,
            PasidTableEntry.WORD_1,
            PasidTableEntry.WORD_2,
            FaultRecord.LOW.layout(),
            FaultRecord.HIGH.layout());
    for (Layout layout : whole) {
      assertEquals(-1L, layout.mask(), layout.name());
    }
  }

  @Test
  void capabilitiesOfQemuAreReadAsItSetsThem() {
    Capabilities wide = new Capabilities(0xd2008c222f0606L, 0xf00f4aL);
    assertEquals(48, wide.maximumAddressWidth());
    assertTrue(wide.supportsLevels(3) && wide.supportsLevels(4));
    assertEquals(List.of(false, false), List.of(wide.supportsLevels(2), wide.supportsLevels(5)));
    assertEquals(0x220, wide.faultRecordOffset());
    assertEquals(0xf0, wide.iotlbOffset());
    assertTrue(wide.supportsLeafAt(1) && wide.supportsLeafAt(2) && wide.supportsLeafAt(3));
    assertEquals(false, wide.supportsLeafAt(4));
  }
}
