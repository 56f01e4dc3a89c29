// SPDX-License-Identifier: Apache-2.0
package org.crashlane.firmware;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.crashlane.memory.WritableMemory;

/**
 * Tables in a machine's memory, put there as firmware does: a pointer, a root table, the others.
 */
public final class FirmwareInMemory {
  private static final long PAGE_BYTES = 0x1000;

  private FirmwareInMemory() {}

  /**
   * Installs tables, with a pointer of revision 2 at {@code pointerAt}.
   *
   * @param rootAt where the root table goes; the others each to a page of their own behind it
   */
  public static void install(WritableMemory memory, long pointerAt, long rootAt, byte[]... tables) {
    long[] places = new long[tables.length];
    long at = rootAt;
    for (int i = 0; i < tables.length; i++) {
      at += PAGE_BYTES;
      places[i] = at;
      write(memory, at, tables[i]);
      at += tables[i].length / PAGE_BYTES * PAGE_BYTES;
    }
    write(memory, rootAt, root("XSDT", Long.BYTES, places));
    write(memory, pointerAt, pointer(2, 0, rootAt));
  }

  /** {@return a root table with entries of {@code entryBytes}} */
  public static byte[] root(String signature, int entryBytes, long... places) {
    StringBuilder entries = new StringBuilder();
    for (long place : places) {
      entries.append(Tables.hex(place, entryBytes));
    }
    return Tables.table(signature, entries.toString());
  }

  public static byte[] pointer(int revision, long rsdtAt, long xsdtAt) {
    ByteBuffer bytes = ByteBuffer.allocate(36).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put("RSD PTR \0OEMID ".getBytes(StandardCharsets.ISO_8859_1)).put((byte) revision);
    bytes.putInt((int) rsdtAt).putInt(36).putLong(xsdtAt);
    bytes.put(8, (byte) -sum(bytes.array(), 20));
    bytes.put(32, (byte) -sum(bytes.array(), 36));
    return bytes.array();
  }

  private static int sum(byte[] bytes, int count) {
    int sum = 0;
    for (int i = 0; i < count; i++) {
      sum += bytes[i];
    }
    return sum;
  }

  /** Writes bytes at a multiple of 8, and zeros up to the next one. */
  public static void write(WritableMemory memory, long address, byte[] bytes) {
    ByteBuffer words =
        ByteBuffer.wrap(Arrays.copyOf(bytes, (bytes.length + 7) / 8 * 8))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < words.capacity(); i += Long.BYTES) {
      memory.writeLong(address + i, words.getLong(i));
    }
  }
}
