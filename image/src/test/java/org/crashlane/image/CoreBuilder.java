// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Builds small cores: ELF header, program headers, notes, then the segments, back to back. Written
 * from the manual apart from the reader, with offsets of its own, so that the two check each other.
 */
final class CoreBuilder {
  static final int PT_LOAD = 1;
  static final int PT_NOTE = 4;
  private static final int HEADER_BYTES = 64;
  private static final int ENTRY_BYTES = 56;

  /** A segment; {@code fileBytes} and {@code offset} are what its header says, if not negative. */
  private record Segment(
      int type, long physical, ByteBuffer content, long memoryBytes, long fileBytes, long offset) {}

  private final List<Segment> segments = new ArrayList<>();
  private int flags;
  private int tableOffset = HEADER_BYTES;
  private boolean extendedCount;

  /** {@return {@code sizeBytes} bytes that differ from place to place and by seed} */
  static byte[] pattern(int sizeBytes, int seed) {
    byte[] bytes = new byte[sizeBytes];
    for (int i = 0; i < sizeBytes; i++) {
      bytes[i] = (byte) (i * 31 + (i >> 8) * 7 + seed);
    }
    return bytes;
  }

  static byte[] note(String name, int type, byte[] descriptor) {
    byte[] nameBytes = (name + "\0").getBytes(StandardCharsets.ISO_8859_1);
    int nameRoom = (nameBytes.length + 3) / 4 * 4;
    int descriptorRoom = (descriptor.length + 3) / 4 * 4;
    return ByteBuffer.allocate(12 + nameRoom + descriptorRoom)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(nameBytes.length)
        .putInt(descriptor.length)
        .putInt(type)
        .put(nameBytes)
        .position(12 + nameRoom)
        .put(descriptor)
        .array();
  }

  static byte[] text(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  CoreBuilder flags(int value) {
    flags = value;
    return this;
  }

  CoreBuilder programHeadersAt(int offset) {
    tableOffset = offset;
    return this;
  }

  /** Puts the count of program headers into a section header, as cores with 65535 of them do. */
  CoreBuilder extendedCount() {
    extendedCount = true;
    tableOffset = 2 * HEADER_BYTES;
    return this;
  }

  CoreBuilder notes(byte[] bytes) {
    segments.add(new Segment(PT_NOTE, 0, ByteBuffer.wrap(bytes), 0, -1, -1));
    return this;
  }

  CoreBuilder load(long physical, byte[] content) {
    return load(physical, content, content.length);
  }

  CoreBuilder load(long physical, byte[] content, long memoryBytes) {
    segments.add(new Segment(PT_LOAD, physical, ByteBuffer.wrap(content), memoryBytes, -1, -1));
    return this;
  }

  /** Adds a header that says what it likes. */
  CoreBuilder claim(int type, long physical, long offset, long fileBytes, long memoryBytes) {
    segments.add(
        new Segment(type, physical, ByteBuffer.allocate(0), memoryBytes, fileBytes, offset));
    return this;
  }

  byte[] build() {
    int contentOffset = tableOffset + segments.size() * ENTRY_BYTES;
    int total = contentOffset + segments.stream().mapToInt(s -> s.content().limit()).sum();
    ByteBuffer core = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
    core.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
    core.putShort((short) 4).putShort((short) 62).putInt(1).putLong(0);
    core.putLong(tableOffset).putLong(extendedCount ? HEADER_BYTES : 0).putInt(flags);
    core.putShort((short) HEADER_BYTES).putShort((short) ENTRY_BYTES);
    core.putShort((short) (extendedCount ? 0xffff : segments.size())).putShort((short) 64);
    if (extendedCount) {
      core.putInt(HEADER_BYTES + 44, segments.size());
    }
    core.position(tableOffset);
    long at = contentOffset;
    for (Segment s : segments) {
      long fileBytes = s.fileBytes() < 0 ? s.content().limit() : s.fileBytes();
      core.putInt(s.type()).putInt(0).putLong(s.offset() < 0 ? at : s.offset());
      core.putLong(0).putLong(s.physical()).putLong(fileBytes).putLong(s.memoryBytes()).putLong(0);
      at += s.content().limit();
    }
    segments.forEach(s -> core.put(s.content().duplicate()));
    return core.array();
  }

  Path write(Path folder) throws IOException {
    return Files.write(folder.resolve("core"), build());
  }
}
