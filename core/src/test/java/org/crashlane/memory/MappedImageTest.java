// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedImageTest extends PhysicalMemoryContract {
  private static final long PAGE = 0x1000;
  private final List<MappedImage> opened = new ArrayList<>();

  @TempDir Path folder;

  @AfterEach
  void closeAll() {
    opened.forEach(MappedImage::close);
  }

  @Override
  WritableMemory memory() {
    try {
      Path file = sparseFile(0x30000);
      List<ImageRegion> regions =
          List.of(new ImageRegion(HIGH, 0x8000), new ImageRegion(LOW, 0x18000));
      return opened(MappedImage.openForWriting(file, regions));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aRegionStandsWhereTheFileHasIt() throws IOException {
    Path file = sparseFile(2 * PAGE);
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      access.seek(PAGE);
      access.write(0x2a);
    }
    AddressRange above = AddressRange.ofSize(1L << 32, PAGE);
    MappedImage image = opened(MappedImage.open(file, List.of(new ImageRegion(above, PAGE))));
    assertEquals(0x2a, image.readLong(1L << 32));
  }

  @Test
  void filesBeyondFourGibibytesAreReadAtTheirEnd() throws IOException {
    long sizeBytes = (6L << 30) + PAGE;
    Path file = sparseFile(sizeBytes);
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      access.seek(sizeBytes - 8);
      access.write(0x55);
    }
    assertEquals(0x55, opened(MappedImage.openRaw(file)).readLong(sizeBytes - 8));
  }

  @Test
  void aWordThatIsNotAlignedInTheFileIsReadButNeverWritten() throws IOException {
    Path file = sparseFile(2 * PAGE);
    List<ImageRegion> regions = List.of(new ImageRegion(AddressRange.ofSize(0, PAGE), 3));
    MappedImage image = opened(MappedImage.openForWriting(file, regions));
    assertEquals(0, image.readLong(8));
    assertThrows(IllegalArgumentException.class, () -> image.writeLong(8, 1));
  }

  @Test
  void anImageOpenedForReadingRefusesToBeWritten() throws IOException {
    MappedImage image = opened(MappedImage.openRaw(sparseFile(PAGE)));
    assertThrows(IllegalStateException.class, () -> image.writeLong(0, 1));
    assertThrows(IllegalStateException.class, () -> image.writeLongs(0, new long[1], 1));
  }

  @Test
  void aRegionThatTheFileIsTooShortForIsSaidWhenOpened() throws IOException {
    Path file = sparseFile(PAGE);
    List<ImageRegion> regions = List.of(new ImageRegion(AddressRange.ofSize(0, PAGE), 8));
    IOException e = assertThrows(IOException.class, () -> MappedImage.open(file, regions));
    assertTrue(e.getMessage().contains("too short"), e.getMessage());
  }

  @Test
  void twoRegionsForOneAddressAreTheCallersMistake() throws IOException {
    Path file = sparseFile(4 * PAGE);
    List<ImageRegion> regions =
        List.of(
            new ImageRegion(AddressRange.ofSize(0, 2 * PAGE), 0),
            new ImageRegion(AddressRange.ofSize(PAGE, PAGE), 2 * PAGE));
    assertThrows(IllegalArgumentException.class, () -> MappedImage.open(file, regions));
  }

  @Test
  void anEmptyFileIsRefused() throws IOException {
    Path file = sparseFile(0);
    assertThrows(IOException.class, () -> MappedImage.openRaw(file));
  }

  @Test
  void aFileCutShortUnderTheMappingIsUnreadableThere() throws IOException {
    Path file = sparseFile(64 * PAGE);
    MappedImage image = opened(MappedImage.openRaw(file));
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      access.setLength(PAGE);
    }
    UnreadableMemoryException e =
        assertThrows(UnreadableMemoryException.class, () -> image.readLong(32 * PAGE));
    assertEquals(Absence.FILE_SHORTER, e.absence());
    assertEquals(0, image.readLong(0));
  }

  private MappedImage opened(MappedImage image) {
    opened.add(image);
    return image;
  }

  private Path sparseFile(long sizeBytes) throws IOException {
    Path file = Files.createTempFile(folder, "image", ".raw");
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      access.setLength(sizeBytes);
    }
    return file;
  }
}
