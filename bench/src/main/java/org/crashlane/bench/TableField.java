// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bench;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.Window;
import org.crashlane.iommu.amdvi.Capabilities;
import org.crashlane.iommu.amdvi.UnitConfig;
import org.crashlane.iommu.paging.TableEditor;
import org.crashlane.iommu.vendors.Vendor;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.ImageRegion;
import org.crashlane.memory.MappedImage;

/**
 * A mapped file that holds one unit's tables and an arena for more, seen twice: as physical memory,
 * as crashlane sees it, and as a plain segment, as the yardsticks see it.
 */
final class TableField implements AutoCloseable {
  static final ValueLayout.OfLong WORD = JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final long PAGE_BYTES = 4096;

  /** The four-level table that everything is mapped in; its first page is the arena's neighbour. */
  static final TableId TABLE = new TableId(0x1000, Geometry.of(12, 4));

  /** Where the arena begins. */
  static final long ARENA_FIRST = 0x2000;

  /** A VT-d unit of 48 bits and 4 levels, without large pages, so that every leaf is 4 KiB. */
  private static final long CAP = (47L << 16) | (1L << 10);

  private static final int CAP_OFFSET = 0x08;

  /** No register: a unit of AMD's has up to 6 levels then. */
  private static final UnitConfig AMDVI = UnitConfig.translating(new Capabilities(0, 0), 52, 0);

  private final Arena arena = Arena.ofShared();
  private final MappedImage memory;
  private final MemorySegment segment;
  private final Vendor vendor;
  private final TranslationTables tables;

  /**
   * @param vendor the label of whose tables they are
   * @param arenaPages how many table pages there is room for
   */
  TableField(String vendor, long arenaPages) throws IOException {
    this.vendor = vendor.equals(Vendor.VTD.label()) ? Vendor.VTD : Vendor.AMDVI;
    Path sharedMemory = Path.of("/dev/shm");
    Path file =
        Files.isDirectory(sharedMemory)
            ? Files.createTempFile(sharedMemory, "crashlane-bench", ".ram")
            : Files.createTempFile("crashlane-bench", ".ram");
    long sizeBytes = ARENA_FIRST + arenaPages * PAGE_BYTES;
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      this.segment = channel.map(FileChannel.MapMode.READ_WRITE, 0, sizeBytes, arena);
    }
    // Every page is touched before anything is timed: the first touch would rule all figures.
    segment.fill((byte) 0);
    AddressRange all = AddressRange.ofSize(0, sizeBytes);
    this.memory = MappedImage.openForWriting(file, List.of(new ImageRegion(all, 0)));
    this.tables = this.vendor.open(memory, registers(this.vendor), HostFacts.UNKNOWN);
    // Mapped, it needs no name; a run that is killed leaves nothing behind.
    Files.delete(file);
  }

  private static RegisterFile registers(Vendor vendor) {
    return new RegisterFile() {
      @Override
      public long read32(int offset) {
        return 0;
      }

      @Override
      public long read64(int offset) {
        return vendor == Vendor.VTD && offset == CAP_OFFSET ? CAP : 0;
      }
    };
  }

  /**
   * Maps {@code range} in leaves of 4 KiB: to itself, or, where the vendor's larger leaves cannot
   * be told off, one page behind.
   *
   * @param arenaPages how many pages the arena has
   */
  MapResult map(AddressRange range, long arenaPages) {
    PageArena arena = PageArena.in(AddressRange.ofSize(ARENA_FIRST, arenaPages * PAGE_BYTES));
    return switch (vendor) {
      case VTD -> tables.mapIdentity(memory, TABLE, Window.ofCrashRange(range), arena);
      case AMDVI ->
          new TableEditor(AMDVI.hostTables())
              .map(
                  memory,
                  TABLE,
                  new Mapping(range, range.first() + PAGE_BYTES, Permissions.READ_WRITE),
                  arena);
    };
  }

  MemorySegment segment() {
    return segment;
  }

  TranslationTables tables() {
    return tables;
  }

  /** Forgets all that was mapped. */
  void clearRoot() {
    segment.asSlice(TABLE.root(), PAGE_BYTES).fill((byte) 0);
  }

  @Override
  public void close() {
    memory.close();
    arena.close();
  }
}
