// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.ImageRegion;
import org.crashlane.memory.MappedImage;

/**
 * Reads a guest's memory by reading its files. Where a file has holes it keeps them: to look at
 * them through a mapping would take a page of the host's memory for each.
 *
 * <p>Not for use by several threads. To close it gives up a lock that this process has on a file:
 * see {@link org.crashlane.arming.TargetLock}.
 */
final class SparingReader implements AutoCloseable {
  private final List<Piece> pieces;
  private final ByteBuffer word = buffer(Long.BYTES);

  /** Memory in one piece, and the file that it is in. */
  private record Piece(ImageRegion region, Path file, FileChannel channel, FileHoles holes) {}

  private SparingReader(List<Piece> pieces) {
    this.pieces = pieces;
  }

  static SparingReader open(List<MappedImage.Part> parts) throws IOException {
    SparingReader reader = new SparingReader(new ArrayList<>());
    try {
      for (MappedImage.Part part : parts) {
        FileChannel channel = FileChannel.open(part.file(), StandardOpenOption.READ);
        FileHoles holes = FileHoles.open(part.file());
        part.regions().forEach(r -> reader.pieces.add(new Piece(r, part.file(), channel, holes)));
      }
      return reader;
    } catch (IOException e) {
      reader.close();
      throw e;
    }
  }

  /** {@return a buffer of that size for {@link #read}} */
  static ByteBuffer buffer(int sizeBytes) {
    return ByteBuffer.allocateDirect(sizeBytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** {@return where there is memory} */
  List<AddressRange> ranges() {
    return pieces.stream().map(piece -> piece.region().physical()).sorted().toList();
  }

  /**
   * Fills {@code into} from its beginning with what stands at {@code address} and behind, as far as
   * there is memory in one piece; its limit tells how far that was.
   */
  void read(long address, ByteBuffer into) throws IOException {
    into.clear();
    for (Piece piece : pieces) {
      AddressRange range = piece.region().physical();
      if (range.contains(address)) {
        long skipped = address - range.first();
        into.limit((int) Math.min(into.capacity(), range.sizeBytes() - skipped));
        fill(into, piece, piece.region().fileOffset() + skipped);
        into.flip();
        return;
      }
    }
    into.limit(0);
  }

  private static void fill(ByteBuffer into, Piece piece, long offset) throws IOException {
    long at = offset;
    while (into.hasRemaining()) {
      int count = piece.channel().read(into, at);
      if (count < 0) {
        throw new IOException(piece.file() + ": the file has become shorter");
      }
      at += count;
    }
  }

  /** {@return true if {@code range} is memory in one piece that nobody has ever touched} */
  boolean isUntouched(AddressRange range) {
    return pieces.stream()
        .filter(piece -> piece.region().physical().contains(range))
        .anyMatch(piece ->
            piece
                .holes()
                .isHole(
                    piece.region().fileOffset() + range.first() - piece.region().physical().first(),
                    range.sizeBytes()));
  }

  /** {@return the word at {@code address}; 0 where there is no memory} */
  long word(long address) throws IOException {
    read(address, word);
    return word.limit() < Long.BYTES ? 0 : word.getLong(0);
  }

  @Override
  public void close() throws IOException {
    // Several pieces of one file share both.
    for (FileHoles holes : new HashSet<>(pieces.stream().map(Piece::holes).toList())) {
      holes.close();
    }
    for (Piece piece : pieces) {
      piece.channel().close();
    }
  }
}
