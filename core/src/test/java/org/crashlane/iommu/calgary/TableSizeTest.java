// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Optional;
import org.crashlane.bits.Hex;
import org.crashlane.memory.AddressRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TableSizeTest {
  private static final int KIB = 1 << 10;
  private static final long MIB = 1 << 20;

  @ParameterizedTest(name = "{0}: {1} KiB")
  @CsvSource({
    "0, 64, 8192, 32",
    "1, 128, 16384, 64",
    "2, 256, 32768, 128",
    "3, 512, 65536, 256",
    "4, 1024, 131072, 512",
    "5, 2048, 262144, 1024",
    "6, 4096, 524288, 2048",
    "7, 8192, 1048576, 4096"
  })
  void codeMakesTheSize(int spec, int kib, int entries, long reachMib) {
    TableSize size = TableSize.ofSpec(spec);
    assertEquals(spec, size.spec());
    assertEquals(kib * KIB, size.bytes());
    assertEquals(entries, size.entryCount());
    assertEquals(reachMib * MIB, size.ioSpaceBytes());
  }

  @Test
  void fourGibibytesOfMemoryGetTheTableOfTheProposal() {
    TableSize size = TableSize.forMemory(4096 * MIB);
    assertEquals(1024 * KIB, size.entryCount());
    assertEquals(8 * MIB, size.bytes());
  }

  @Test
  void crashRangeOfTheProposalTakes32KiEntriesOr256KiB() {
    TceTable table = new TceTable(0x800_0000L, TableSize.forMemory(4096 * MIB));
    AddressRange crashRange = AddressRange.ofSize(16 * MIB, 128 * MIB);
    long first = table.entryAddress(crashRange.first());
    long last = table.entryAddress(crashRange.last());
    assertEquals(256 * KIB, last + Tce.BYTES - first);
    assertEquals(32 * KIB, (last - first) / Tce.BYTES + 1);
    assertEquals(0x800_8000L, first);
  }

  /** Sizes of memory around each power of two; those that are none of 8 KiB are rounded down. */
  @ParameterizedTest(name = "{0} bytes: {1}")
  @CsvSource({
    "0x0, 7",
    "0x1fff, 7",
    "0x2000, 0",
    "0x2000000, 0",
    "0x2001fff, 0",
    "0x2002000, 1",
    "0x4000000, 1",
    "0x8000000, 2",
    "0x8002000, 3",
    "0x10000000, 3",
    "0x20000000, 4",
    "0x40000000, 5",
    "0x80000000, 6",
    "0x80002000, 7",
    "0x100000000, 7",
    "0xffffffffffffffff, 7"
  })
  void memoryMakesTheSize(String memoryBytes, int spec) {
    assertEquals(spec, TableSize.forMemory(Hex.parse(memoryBytes)).spec());
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 8})
  void unknownCodeIsACallersMistake(int spec) {
    assertThrows(IllegalArgumentException.class, () -> TableSize.ofSpec(spec));
  }

  @Test
  void smallestTableThatReachesIsFound() {
    assertEquals(Optional.of(TableSize.KIB_64), TableSize.reaching(32 * MIB - 1));
    assertEquals(Optional.of(TableSize.KIB_128), TableSize.reaching(32 * MIB));
    assertEquals(Optional.of(TableSize.MIB_8), TableSize.reaching(4096 * MIB - 1));
    assertEquals(Optional.empty(), TableSize.reaching(4096 * MIB));
    assertEquals(Optional.empty(), TableSize.reaching(-1));
  }
}
