// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** The bytes of a page, which several places may share as long as none of them is written. */
public final class Page {
  /** Size in bytes. */
  public static final int BYTES = 4096;

  /** Size in words of 8 bytes. */
  public static final int WORDS = BYTES / Long.BYTES;

  private static final long BYTE_MASK = 0xff;
  private static final VarHandle LITTLE_ENDIAN =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final long[] words;
  private boolean shared;

  /** 0 if it is not known; one word, so that threads may find it out at the same time. */
  private long digest;

  private Page(long[] words) {
    this.words = words;
  }

  /** {@return a page of these words, which it keeps} */
  public static Page of(long[] words) {
    if (words.length != WORDS) {
      throw new IllegalArgumentException("a page has 512 words, not " + words.length);
    }
    return new Page(words);
  }

  /** {@return the word at {@code index}, 0 to 511} */
  public long get(int index) {
    return words[index];
  }

  /** {@return the byte at {@code offset}, 0 to 4095} */
  public byte byteAt(int offset) {
    return byteAt(words[wordIndex(offset)], offset);
  }

  /** {@return true if both have the same bytes} */
  public boolean sameBytes(Page other) {
    return this == other || Arrays.equals(words, other.words);
  }

  boolean isShared() {
    return shared;
  }

  /** From now on it is not changed: whoever writes makes a copy. */
  Page share() {
    // Pages that many threads share are not written to: their caches would take turns.
    if (!shared) {
      shared = true;
    }
    return this;
  }

  Page copy() {
    return new Page(words.clone());
  }

  void set(int index, long value) {
    words[index] = value;
    digest = 0;
  }

  void copyFrom(long[] from, int offset, int index, int count) {
    System.arraycopy(from, offset, words, index, count);
    digest = 0;
  }

  void copyTo(int index, long[] into, int offset, int count) {
    System.arraycopy(words, index, into, offset, count);
  }

  /** Reads {@code length} bytes from {@code at} on, words where it can. */
  void read(int at, byte[] into, int offset, int length) {
    for (int done = 0; done < length; ) {
      int place = at + done;
      if (isWhole(place, length - done)) {
        LITTLE_ENDIAN.set(into, offset + done, words[wordIndex(place)]);
        done += Long.BYTES;
      } else {
        into[offset + done] = byteAt(place);
        done++;
      }
    }
  }

  /** Writes {@code length} bytes from {@code at} on, words where it can. */
  void write(int at, byte[] from, int offset, int length) {
    for (int done = 0; done < length; ) {
      int place = at + done;
      int word = wordIndex(place);
      if (isWhole(place, length - done)) {
        words[word] = (long) LITTLE_ENDIAN.get(from, offset + done);
        done += Long.BYTES;
      } else {
        words[word] = withByte(words[word], place, from[offset + done]);
        done++;
      }
    }
    digest = 0;
  }

  /** {@return true if {@code length} bytes from {@code at} on are these} */
  boolean holds(int at, byte[] bytes, int offset, int length) {
    for (int i = 0; i < length; i++) {
      if (byteAt(at + i) != bytes[offset + i]) {
        return false;
      }
    }
    return true;
  }

  private static boolean isWhole(int place, int left) {
    return place % Long.BYTES == 0 && left >= Long.BYTES;
  }

  /** {@return what a processor reads of the page that does not decrypt: other bytes, everywhere} */
  public Page ciphertext() {
    long[] others = new long[WORDS];
    for (int i = 0; i < WORDS; i++) {
      others[i] = ~words[i];
    }
    return of(others);
  }

  /** {@return 64 bits that stand for the bytes} */
  long digest() {
    long known = digest;
    if (known == 0) {
      for (int i = 0; i < WORDS; i++) {
        known += Fingerprint.mix(words[i] + i) * (2L * i + 1);
      }
      known = Fingerprint.mix(known);
      digest = known;
    }
    return known;
  }

  static int wordIndex(long address) {
    return (int) (address & (BYTES - 1)) / Long.BYTES;
  }

  static byte byteAt(long word, long address) {
    return (byte) (word >>> shift(address));
  }

  static long withByte(long word, long address, byte value) {
    long others = word & ~(BYTE_MASK << shift(address));
    return others | (Byte.toUnsignedLong(value) << shift(address));
  }

  private static int shift(long address) {
    return (int) (address & (Long.BYTES - 1)) * Byte.SIZE;
  }
}
