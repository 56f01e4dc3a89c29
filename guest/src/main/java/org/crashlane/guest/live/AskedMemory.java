// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.memory.Absence;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.ImageRegion;
import org.crashlane.memory.MappedImage;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * A guest's memory, wherever it is: read from its process (proc_pid_mem(5)), or asked of its
 * monitor where the process's memory may not be looked at. A connection that fails throws {@link
 * UncheckedIOException}.
 */
final class AskedMemory implements PhysicalMemory, AutoCloseable {
  private static final int WORDS_MAX = 512;

  private final QmpClient qmp;
  private final List<ImageRegion> regions;
  private final Path file;
  private final Optional<FileChannel> process;

  /**
   * @param regions in rising order; offsets are addresses in the process
   * @param file the memory of the process
   */
  private AskedMemory(
      QmpClient qmp, List<ImageRegion> regions, Path file, Optional<FileChannel> process) {
    this.qmp = qmp;
    this.regions = List.copyOf(regions);
    this.file = file;
    this.process = process;
  }

  /**
   * Looks where the memory is.
   *
   * @param process its id, 0 if it is not seen from here
   */
  static AskedMemory of(QmpClient qmp, FlatView view, int process) throws IOException {
    List<AddressRange> windows = PciFunction.memoryWindows(qmp.socket(), qmp.execute("query-pci"));
    List<ImageRegion> regions = new ArrayList<>();
    for (ImageRegion region : LiveGuest.outside(windows, view.memory())) {
      long host = LiveGuest.hostAddress(qmp, region.physical().first());
      regions.add(new ImageRegion(region.physical(), host));
    }
    Path file = Path.of("/proc", Integer.toString(process), "mem");
    return new AskedMemory(qmp, regions, file, process(file, regions));
  }

  private static Optional<FileChannel> process(Path file, List<ImageRegion> regions) {
    try {
      FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
      try {
        if (!regions.isEmpty()) {
          fill(channel, ByteBuffer.allocate(Long.BYTES), regions.getFirst().fileOffset());
        }
        return Optional.of(channel);
      } catch (IOException e) {
        channel.close();
        throw e;
      }
    } catch (IOException _) {
      // Another user's, or in another namespace: the monitor shows the same, more slowly.
      return Optional.empty();
    }
  }

  private static void fill(FileChannel channel, ByteBuffer into, long offset) throws IOException {
    while (into.hasRemaining()) {
      if (channel.read(into, offset + into.position()) < 0) {
        throw new EOFException("no memory at offset " + offset);
      }
    }
  }

  /** {@return true if it is read from the process} */
  boolean isOfProcess() {
    return process.isPresent();
  }

  /** {@return the process's memory as a file; none if it is not read from the process} */
  List<MappedImage.Part> parts() {
    return isOfProcess() ? List.of(new MappedImage.Part(file, regions)) : List.of();
  }

  @Override
  public String source() {
    return qmp.socket() + " (the guest's memory)";
  }

  @Override
  public List<AddressRange> ranges() {
    return regions.stream().map(ImageRegion::physical).toList();
  }

  @Override
  public long readLong(long address) {
    long[] word = new long[1];
    readLongs(address, word, 1);
    return word[0];
  }

  @Override
  public void readLongs(long address, long[] into, int count) {
    try {
      for (int done = 0; done < count; done += WORDS_MAX) {
        long at = address + (long) done * Long.BYTES;
        int wordCount = Math.min(count - done, WORDS_MAX);
        System.arraycopy(words(at, wordCount), 0, into, done, wordCount);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private long[] words(long address, int count) throws IOException {
    AddressRange range = AddressRange.ofSize(address, (long) count * Long.BYTES);
    ImageRegion region =
        regions.stream()
            .filter(r -> r.physical().contains(range))
            .findFirst()
            .orElseThrow(() -> new UnreadableMemoryException(source(), address, Absence.NO_MEMORY));
    if (process.isEmpty()) {
      return HmpRegisters.words(qmp, address, count);
    }
    ByteBuffer bytes = ByteBuffer.allocate(count * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    fill(process.get(), bytes, region.fileOffset() + address - region.physical().first());
    long[] words = new long[count];
    bytes.flip().asLongBuffer().get(words);
    return words;
  }

  @Override
  public void close() {
    process.ifPresent(channel -> {
      try {
        channel.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    });
  }
}
