// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.crashlane.bits.Hex;

/**
 * Files of any size as physical memory, mapped: a raw image, the pages a dump stores, or the shared
 * memory files of a live guest. Opened for reading only, unless asked otherwise.
 *
 * <p>Single words are read and written by one access each where they are aligned in the file, so a
 * live guest never shows or sees half of one.
 */
public final class MappedImage implements WritableMemory, AutoCloseable {
  private static final ValueLayout.OfLong WORD_ANYWHERE =
      JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).withByteAlignment(1);
  private static final VarHandle WORD = JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

  private final String source;
  private final Arena arena;
  private final RangeIndex index;
  private final MemorySegment[] files;
  private final long[] fileOffsets;
  private final boolean writable;

  private MappedImage(String source, Arena arena, List<Mapped> sorted, boolean writable) {
    this.source = source;
    this.arena = arena;
    this.index = RangeIndex.of(sorted.stream().map(m -> m.region.physical()).toList());
    this.files = sorted.stream().map(Mapped::file).toArray(MemorySegment[]::new);
    this.fileOffsets = sorted.stream().mapToLong(m -> m.region.fileOffset()).toArray();
    this.writable = writable;
  }

  /**
   * A file, and which of its bytes are which memory.
   *
   * @param file the file
   * @param regions of it
   */
  public record Part(Path file, List<ImageRegion> regions) {

    public Part {
      regions = List.copyOf(regions);
    }
  }

  /** A region in a file that is mapped as a whole. */
  private record Mapped(ImageRegion region, MemorySegment file) {}

  /**
   * Maps all of {@code file} for reading, address 0 at its beginning.
   *
   * @throws IOException if it cannot be opened or is empty
   */
  public static MappedImage openRaw(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (channel.size() == 0) {
        throw new IOException(file + ": empty file");
      }
      AddressRange all = AddressRange.ofSize(0, channel.size());
      return open(file, List.of(new ImageRegion(all, 0)));
    }
  }

  /**
   * Maps {@code regions} of {@code file} for reading.
   *
   * @throws IOException if it cannot be opened, or is shorter than a region says
   * @throws IllegalArgumentException if two regions claim one physical address
   */
  public static MappedImage open(Path file, List<ImageRegion> regions) throws IOException {
    return map(List.of(new Part(file, regions)), MapMode.READ_ONLY);
  }

  /** Maps as {@link #open} does, for reading and writing. */
  public static MappedImage openForWriting(Path file, List<ImageRegion> regions)
      throws IOException {
    return openForWriting(List.of(new Part(file, regions)));
  }

  /** Maps as {@link #open} does several files as one memory, for reading and writing. */
  public static MappedImage openForWriting(List<Part> parts) throws IOException {
    return map(parts, MapMode.READ_WRITE);
  }

  @SuppressWarnings("MustBeClosedChecker") // the image owns the arena, and close() closes it
  private static MappedImage map(List<Part> parts, MapMode mode) throws IOException {
    boolean writable = mode.equals(MapMode.READ_WRITE);
    Set<OpenOption> options =
        writable
            ? Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE)
            : Set.of(StandardOpenOption.READ);
    Arena arena = Arena.ofShared();
    try {
      List<Mapped> mapped = new ArrayList<>();
      for (Part part : parts) {
        try (FileChannel channel = FileChannel.open(part.file, options)) {
          for (ImageRegion region : part.regions) {
            requireInside(part.file, channel.size(), region);
          }
          MemorySegment file = channel.map(mode, 0, channel.size(), arena);
          part.regions.forEach(region -> mapped.add(new Mapped(region, file)));
        }
      }
      mapped.sort(Comparator.comparing(m -> m.region.physical()));
      String source = parts.stream().map(p -> p.file.toString()).collect(Collectors.joining(", "));
      return new MappedImage(source, arena, mapped, writable);
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static void requireInside(Path path, long fileBytes, ImageRegion region)
      throws IOException {
    long behind = fileBytes - region.fileOffset();
    long lastInRegion = region.physical().last() - region.physical().first();
    if (behind <= 0 || Long.compareUnsigned(lastInRegion, behind) >= 0) {
      throw new IOException(
          "%s: %s bytes long, too short for physical %s at offset %s"
              .formatted(path, Hex.of(fileBytes), region.physical(), Hex.of(region.fileOffset())));
    }
  }

  @Override
  public String source() {
    return source;
  }

  @Override
  public List<AddressRange> ranges() {
    return index.ranges();
  }

  @Override
  public long readLong(long address) {
    Words.requireAligned(address);
    int region = index.find(source, address, Long.BYTES);
    MemorySegment file = files[region];
    long offset = offset(region, address);
    try {
      return Words.isAligned(offset)
          ? (long) WORD.getOpaque(file, offset)
          : file.get(WORD_ANYWHERE, offset);
    } catch (InternalError e) {
      throw shrunk(address, e);
    }
  }

  @Override
  public void readLongs(long address, long[] into, int count) {
    Words.requireAligned(address);
    int region = index.find(source, address);
    if (Words.bytes(count) - 1 <= index.last(region) - address) {
      try {
        MemorySegment.copy(files[region], WORD_ANYWHERE, offset(region, address), into, 0, count);
      } catch (InternalError e) {
        throw shrunk(address, e);
      }
    } else {
      for (int i = 0; i < count; i++) {
        into[i] = readLong(address + Words.bytes(i));
      }
    }
  }

  @Override
  public void read(long address, byte[] into, int offset, int length) {
    for (int done = 0; done < length; ) {
      long at = address + done;
      int region = index.find(source, at);
      long left = index.last(region) - at;
      int run = left < length - done ? (int) left + 1 : length - done;
      try {
        MemorySegment.copy(files[region], JAVA_BYTE, offset(region, at), into, offset + done, run);
      } catch (InternalError e) {
        throw shrunk(at, e);
      }
      done += run;
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if the image was opened for reading only
   * @throws IllegalArgumentException if the word is not aligned in the file, so that no single
   *     store could write it
   */
  @Override
  public void writeLong(long address, long value) {
    requireWritable();
    Words.requireAligned(address);
    int region = index.find(source, address, Long.BYTES);
    long offset = offset(region, address);
    Words.requireAligned(offset);
    try {
      WORD.setVolatile(files[region], offset, value);
    } catch (InternalError e) {
      throw shrunk(address, e);
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if the image was opened for reading only
   */
  @Override
  public void writeLongs(long address, long[] from, int count) {
    requireWritable();
    Words.requireAligned(address);
    int region = index.find(source, address, Words.bytes(count));
    try {
      MemorySegment.copy(from, 0, files[region], WORD_ANYWHERE, offset(region, address), count);
    } catch (InternalError e) {
      throw shrunk(address, e);
    }
  }

  /**
   * {@inheritDoc}
   *
   * <p>Straight into the mapping: by way of an array, a page takes 270 ns instead of 190, as long
   * as filling it does, for the stores to the array queue behind those to memory.
   *
   * @throws IllegalStateException if the image was opened for reading only
   */
  @Override
  public void writeRising(long address, long first, long step, int count) {
    requireWritable();
    Words.requireAligned(address);
    int region = index.find(source, address, Words.bytes(count));
    MemorySegment file = files[region];
    long at = offset(region, address);
    try {
      for (int i = 0; i < count; i++) {
        file.set(WORD_ANYWHERE, at + Words.bytes(i), first + i * step);
      }
    } catch (InternalError e) {
      throw shrunk(address, e);
    }
  }

  @Override
  public void close() {
    arena.close();
  }

  private void requireWritable() {
    if (!writable) {
      throw new IllegalStateException(source + ": opened for reading only");
    }
  }

  private long offset(int region, long address) {
    return fileOffsets[region] + (address - index.first(region));
  }

  /** Under a mapping whose file was cut short, the JVM answers an access with this error. */
  private UnreadableMemoryException shrunk(long address, InternalError e) {
    return new UnreadableMemoryException(source, address, Absence.FILE_SHORTER, e);
  }
}
