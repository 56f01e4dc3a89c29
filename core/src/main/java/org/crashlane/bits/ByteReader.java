// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * A cursor over little-endian bytes: what every parser of small tables reads with.
 *
 * <p>Each read names the field it is for. A read past the end throws a {@link
 * MalformedInputException} with the source, the offset of the field in that source and its name, so
 * that a parser needs no length checks of its own. Not for use by several threads at once.
 */
public final class ByteReader {
  private static final VarHandle U16 = view(short[].class);
  private static final VarHandle U32 = view(int[].class);
  private static final VarHandle U64 = view(long[].class);

  private final String source;
  private final byte[] bytes;
  private final long origin;
  private final int end;
  private int position;

  private ByteReader(String source, byte[] bytes, long origin, int from, int end) {
    this.source = source;
    this.bytes = bytes;
    this.origin = origin;
    this.position = from;
    this.end = end;
  }

  /**
   * {@return a reader of all of {@code bytes}, which are not copied}
   *
   * @param source what is read, for messages: a file's name or the like
   */
  public static ByteReader of(String source, byte[] bytes) {
    return of(source, bytes, 0);
  }

  /**
   * {@return a reader of {@code bytes} that were cut out of a longer source}
   *
   * @param source what is read, for messages
   * @param origin offset of {@code bytes[0]} in the source, in bytes
   */
  public static ByteReader of(String source, byte[] bytes, long origin) {
    return new ByteReader(Objects.requireNonNull(source), bytes, origin, 0, bytes.length);
  }

  /** {@return where the next read begins, in bytes from the beginning of the source} */
  public long offset() {
    return origin + position;
  }

  /** {@return how many bytes are left} */
  public int remaining() {
    return end - position;
  }

  /** {@return the next byte, unsigned} */
  public int u8(String field) {
    return Byte.toUnsignedInt(bytes[advance(Byte.BYTES, field)]);
  }

  /** {@return the next 2 bytes, unsigned} */
  public int u16(String field) {
    return Short.toUnsignedInt((short) U16.get(bytes, advance(Short.BYTES, field)));
  }

  /** {@return the next 4 bytes, unsigned} */
  public long u32(String field) {
    return Integer.toUnsignedLong((int) U32.get(bytes, advance(Integer.BYTES, field)));
  }

  /** {@return the next 8 bytes; to be taken as unsigned} */
  public long u64(String field) {
    return (long) U64.get(bytes, advance(Long.BYTES, field));
  }

  /** {@return a copy of the next {@code count} bytes} */
  public byte[] bytes(int count, String field) {
    int from = advance(count, field);
    return Arrays.copyOfRange(bytes, from, from + count);
  }

  /**
   * {@return the next {@code count} bytes as characters, one each (ISO 8859-1), so that no byte is
   * lost; padding stays}
   */
  public String text(int count, String field) {
    return new String(bytes, advance(count, field), count, StandardCharsets.ISO_8859_1);
  }

  /** Leaves {@code count} bytes out. */
  public void skip(int count, String field) {
    advance(count, field);
  }

  /**
   * {@return a reader of the next {@code count} bytes alone; this one goes on behind them} Offsets
   * stay those of the source.
   */
  public ByteReader window(int count, String field) {
    int from = advance(count, field);
    return new ByteReader(source, bytes, origin, from, from + count);
  }

  private int advance(int count, String field) {
    if (count < 0) {
      throw new IllegalArgumentException("negative length of " + field + ": " + count);
    }
    if (count > remaining()) {
      throw new MalformedInputException.Truncated(source, offset(), field, count, remaining());
    }
    int from = position;
    position += count;
    return from;
  }

  private static VarHandle view(Class<?> arrayClass) {
    return MethodHandles.byteArrayViewVarHandle(arrayClass, ByteOrder.LITTLE_ENDIAN);
  }
}
