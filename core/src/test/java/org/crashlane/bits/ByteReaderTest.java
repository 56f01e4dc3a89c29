// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class ByteReaderTest {
  private static ByteReader reader(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return ByteReader.of("file", bytes);
  }

  @Test
  void numbersAreLittleEndianAndUnsigned() {
    ByteReader reader = reader(0x80, 0x34, 0xf2, 1, 2, 3, 0x84, 8, 7, 6, 5, 4, 3, 2, 0x81);
    assertEquals(0x80, reader.u8("a"));
    assertEquals(0xf234, reader.u16("b"));
    assertEquals(0x8403_0201L, reader.u32("c"));
    assertEquals(0x8102_0304_0506_0708L, reader.u64("d"));
    assertEquals(0, reader.remaining());
  }

  @Test
  void offsetAndRemainingFollowTheReads() {
    ByteReader reader = reader(0, 0, 0, 0, 0);
    reader.u16("a");
    assertEquals(2, reader.offset());
    assertEquals(3, reader.remaining());
    reader.skip(2, "b");
    assertEquals(4, reader.offset());
    assertEquals(1, reader.remaining());
  }

  @Test
  void bytesAreACopy() {
    byte[] bytes = {1, 2, 3};
    ByteReader reader = ByteReader.of("file", bytes);
    reader.u8("first");
    byte[] copy = reader.bytes(2, "rest");
    bytes[1] = 9;
    assertArrayEquals(new byte[] {2, 3}, copy);
    assertEquals(0, reader.remaining());
  }

  @Test
  void textKeepsEveryByteAndItsPadding() {
    ByteReader reader = reader('x', 'D', 'M', 0xff, 0, ' ', 'y');
    reader.u8("first");
    assertEquals("DM\u00ff\0 ", reader.text(5, "signature"));
    assertEquals('y', reader.u8("last"));
  }

  @Test
  void windowEndsBeforeTheWholeAndKeepsItsOffsets() {
    ByteReader whole = reader(1, 2, 3, 4, 5);
    whole.u8("first");
    ByteReader window = whole.window(2, "middle");
    assertEquals(3, whole.offset());
    assertEquals(1, window.offset());
    assertEquals(2, window.remaining());
    assertEquals(0x0302, window.u16("both"));
    MalformedInputException e =
        assertThrows(MalformedInputException.class, () -> window.u8("beyond"));
    assertEquals(
        "file: at offset 0x3: truncated: beyond needs 1 bytes, 0 are left", e.getMessage());
    assertEquals(4, whole.u8("next"));
  }

  @Test
  void offsetsOfACutBeginAtItsOrigin() {
    ByteReader reader = ByteReader.of("dump", new byte[] {7, 8}, 0x1_0000_0000L);
    reader.u8("first");
    assertEquals(0x1_0000_0001L, reader.offset());
    ByteReader window = reader.window(1, "rest");
    assertEquals(0x1_0000_0001L, window.offset());
    window.u8("last");
    MalformedInputException.Truncated e =
        assertThrows(MalformedInputException.Truncated.class, () -> window.u16("beyond"));
    assertEquals(
        "dump: at offset 0x100000002: truncated: beyond needs 2 bytes, 0 are left", e.getMessage());
    assertEquals("dump", e.source());
    assertEquals(0x1_0000_0002L, e.offset());
    assertEquals("truncated: beyond needs 2 bytes, 0 are left", e.reason());
    assertEquals(
        List.of(new Reason.Name("beyond"), new Reason.Count(2), new Reason.Count(0)), e.details());
  }

  static List<Consumer<ByteReader>> readsOfMoreThanOneByte() {
    return List.of(
        r -> r.u16("field"),
        r -> r.u32("field"),
        r -> r.u64("field"),
        r -> r.bytes(2, "field"),
        r -> r.text(2, "field"),
        r -> r.skip(2, "field"),
        r -> r.window(2, "field"),
        r -> r.skip(Integer.MAX_VALUE, "field"));
  }

  @ParameterizedTest
  @MethodSource("readsOfMoreThanOneByte")
  void overrunNamesTheFieldAndLeavesTheCursor(Consumer<ByteReader> read) {
    ByteReader reader = reader(1, 2);
    reader.u8("first");
    MalformedInputException e =
        assertThrows(MalformedInputException.class, () -> read.accept(reader));
    assertEquals(1, e.offset());
    assertEquals(
        "truncated: field needs N bytes, 1 are left",
        e.reason().replaceFirst("needs \\d+ bytes", "needs N bytes"));
    assertEquals(2, reader.u8("still there"));
  }

  @Test
  void negativeLengthsAreTheCallersFault() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> reader(1).skip(-1, "field"));
    assertEquals("negative length of field: -1", e.getMessage());
  }

  @Test
  void nothingMayBeReadOfNothing() {
    ByteReader reader = reader();
    assertEquals("", reader.text(0, "none"));
    assertEquals(0, reader.window(0, "none").remaining());
    assertThrows(MalformedInputException.class, () -> reader.u8("one"));
  }
}
