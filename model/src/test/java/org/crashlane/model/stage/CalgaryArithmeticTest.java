// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.stage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.crashlane.iommu.calgary.Chip;
import org.crashlane.iommu.calgary.Registers;
import org.crashlane.iommu.calgary.TableSize;
import org.crashlane.iommu.calgary.Tar;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.crash.CrashPlan;
import org.crashlane.model.crash.TestMachines;
import org.crashlane.model.crash.Trace;
import org.crashlane.model.crash.World;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The proposal's figures for Calgary (4a to 4c), on the bytes that a kernel wrote. */
final class CalgaryArithmeticTest {
  private static final long REGISTERS = 0xfe00_0000L;
  private static final int PAGE_BYTES = 4096;
  private static final long MIB = 1 << 20;
  private static final AddressRange WINDOW = AddressRange.parse("0xe0000000-0xefffffff");

  /** Memory below the window that devices have, and the rest from 4 GiB on. */
  private static MachineSpec machine(long memoryMib) {
    AddressRange all = AddressRange.ofSize(0, memoryMib * MIB);
    MachineSpec usual =
        TestMachines.usual(
            new ModeSpec.Calgary(
                Chip.CALGARY,
                REGISTERS,
                List.of(new ModeSpec.Phb("0", Optional.of(WINDOW), List.of())),
                Optional.empty()),
            "0");
    List<AddressRange> ram =
        all.last() < WINDOW.first()
            ? List.of(all)
            : List.of(
                AddressRange.ofSize(0, WINDOW.first()),
                AddressRange.ofSize(1L << 32, all.sizeBytes() - WINDOW.first()));
    return new MachineSpec(
        usual.name(),
        usual.summary(),
        usual.era(),
        ram,
        List.of(AddressRange.ofSize(16 * MIB, crashMib(memoryMib) * MIB)),
        usual.devices(),
        usual.modeSpec());
  }

  private static long crashMib(long memoryMib) {
    return Math.min(128, memoryMib / 4);
  }

  private static World boot(long memoryMib, Strategy strategy) {
    return World.boot(CrashPlan.of(machine(memoryMib), strategy), new Background(1), Trace.NONE);
  }

  private static byte[] table(World world) {
    long tar = world.remapper().mmio(world.memory()).read64(REGISTERS + Registers.tar(0));
    AddressRange range = Tar.table(Registers.turned64(tar)).memory();
    byte[] bytes = new byte[(int) range.sizeBytes()];
    world.memory().read(range.first(), bytes, 0, bytes.length);
    return bytes;
  }

  @Test
  void everyPageOfTheCrashRangeLeadsToItselfForReadsAndWrites() {
    World world = boot(1024, Strategy.IDENTITY);
    AddressRange crash = world.plan().machine().crashRanges().getFirst();
    ByteBuffer table = ByteBuffer.wrap(table(world));
    for (long page = crash.first(); page < crash.last(); page += PAGE_BYTES) {
      assertEquals(page | 3, table.getLong((int) (page / PAGE_BYTES) * Long.BYTES));
    }
  }

  @Test
  void aCrashRangeOf128MebibytesTakes32KibiEntriesWhichAre256KibibytesOfTheTable() {
    byte[] before = table(boot(1024, Strategy.RESERVE));
    byte[] after = table(boot(1024, Strategy.IDENTITY));
    int entries = 0;
    for (int at = 0; at < after.length; at += Long.BYTES) {
      entries += ByteBuffer.wrap(before).getLong(at) == ByteBuffer.wrap(after).getLong(at) ? 0 : 1;
    }
    assertEquals(32 << 10, entries);
    assertEquals(256 << 10, entries * Long.BYTES);
    int first = 16 * 256 * Long.BYTES;
    byte[] added = Arrays.copyOfRange(after, first, first + 16);
    assertArrayEquals(new byte[] {0, 0, 0, 0, 1, 0, 0, 3, 0, 0, 0, 0, 1, 0, 0x10, 3}, added);
  }

  /** The kernel chooses by the end of memory: entries of 8 bytes, one for each page up to 4 GiB. */
  @ParameterizedTest
  @CsvSource({
    "64, 128k, 16, 128",
    "128, 256k, 32, 256",
    "256, 512k, 64, 512",
    "512, 1M, 128, 1024",
    "1024, 2M, 256, 2048",
    "2048, 4M, 512, 4096",
    "3072, 8M, 1024, 8192",
    "4096, 8M, 1024, 8192"
  })
  void theDefaultTableGrowsWithMemoryTo1024KibiEntriesAt4Gibibytes(
      long memoryMib, String option, int kibiEntries, int tableKib) {
    TableSize size = TableSize.forMemory(memoryMib * MIB);
    assertEquals(option, size.meaning());
    assertEquals(kibiEntries << 10, size.entryCount());
    assertEquals(tableKib << 10, table(boot(memoryMib, Strategy.NONE)).length);
  }
}
