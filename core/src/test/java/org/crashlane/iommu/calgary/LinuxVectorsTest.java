// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.crashlane.SharedData;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Permissions;
import org.junit.jupiter.api.Test;

/** What Linux 2.6.32 itself writes, as recorded: entries, registers, sizes. */
class LinuxVectorsTest {
  private static final String FILE = "vectors/tce_2.6.32.csv";

  /** What Linux never clears again once a run has crossed 2^48. */
  private static final BitField LEFT_BEHIND = BitField.bit("48", 48);

  @Test
  void everyRecordedLineIsAsWeHaveIt() throws IOException {
    List<String> lines = Files.readAllLines(SharedData.require(FILE));
    Map<String, Integer> kinds = new TreeMap<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] columns = line.split(",", -1);
      kinds.merge(columns[0], 1, Integer::sum);
      switch (columns[0]) {
        case "tce" -> assertEntries(columns, line);
        case "tar" -> assertRegister(columns, line);
        case "table_entries" ->
            assertEquals(Integer.parseInt(columns[4]), size(columns[1]).entryCount(), line);
        case "determine_table_size" ->
            assertEquals(size(columns[4]), TableSize.forMemory(Hex.parse(columns[1])), line);
        default -> throw new IllegalStateException("unknown kind: " + line);
      }
    }
    System.out.println(FILE + ": " + kinds);
    assertTrue(kinds.containsKey("tce"), kinds::toString);
  }

  private static TableSize size(String spec) {
    return TableSize.ofSpec(Integer.parseInt(spec));
  }

  private static void assertEntries(String[] columns, String line) {
    long physical = Hex.parse(columns[1]);
    int count = Integer.parseInt(columns[2]);
    Permissions permissions =
        columns[3].equals("TO_DEVICE") ? Permissions.READ_ONLY : Permissions.READ_WRITE;
    ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(columns[4]));
    assertEquals(count * Tce.BYTES, bytes.remaining(), line);
    boolean crossed = false;
    for (int i = 0; i < count; i++) {
      long page = physical + (long) i * Tce.PAGE_BYTES;
      crossed |= LEFT_BEHIND.isSet(page);
      long expected = Tce.of(Tce.target(page), permissions);
      long written = bytes.getLong();
      assertEquals(crossed ? expected | LEFT_BEHIND.mask() : expected, written, line);
      assertEquals(Tce.target(page), Tce.target(written), line);
      assertEquals(permissions, Tce.permissions(written), line);
    }
  }

  private static void assertRegister(String[] columns, String line) {
    String[] words = columns[1].split(" ", -1);
    assertTrue(words[0].startsWith("old=") && words[1].startsWith("base="), line);
    long old = Hex.parse(words[0].substring("old=".length()));
    TceTable table =
        new TceTable(Hex.parse(words[1].substring("base=".length())), size(columns[2]));
    assertEquals(Hex.parse(columns[4]), Tar.with(old, table), line);
    assertEquals(table, Tar.table(Hex.parse(columns[4])), line);
    assertFalse(Tar.VALID.isSet(Tar.with(old, table)), line);
  }
}
