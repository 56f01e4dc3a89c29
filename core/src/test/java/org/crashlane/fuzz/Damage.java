// SPDX-License-Identifier: Apache-2.0
package org.crashlane.fuzz;

import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/** Damages inputs the ways real ones are damaged, and some that no accident would find. */
final class Damage {
  /** Values that lengths, counts and offsets go wrong at. */
  private static final long[] ODD_VALUES = {
    0,
    1,
    2,
    3,
    4,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x7fff_ffffL,
    0x8000_0000L,
    0xffff_fffeL,
    0xffff_ffffL,
    0x7fff_ffff_ffff_ffffL,
    0x8000_0000_0000_0000L,
    -2,
    -1
  };

  private static final int STEP_LIMIT = 6;
  private static final int[] WIDTHS_BYTES = {1, 2, 4, 8};

  private final RandomGenerator random;
  private final List<byte[]> corpus;

  Damage(RandomGenerator random, List<byte[]> corpus) {
    this.random = random;
    this.corpus = corpus;
  }

  /** {@return one of the corpus, damaged in one to six steps} */
  byte[] next() {
    byte[] input = pick().clone();
    for (int steps = random.nextInt(1, STEP_LIMIT + 1); steps > 0; steps--) {
      input = damaged(input);
    }
    return input;
  }

  private byte[] damaged(byte[] input) {
    return switch (Kind.values()[random.nextInt(Kind.values().length)]) {
      case FLIP_BIT -> flipBit(input);
      case RANDOM_BYTE -> randomByte(input);
      case ODD_VALUE -> oddValue(input);
      case TRUNCATE -> Arrays.copyOf(input, random.nextInt(input.length + 1));
      case CUT_OUT -> cutOut(input);
      case REPEAT -> repeat(input);
      case SPLICE -> splice(input);
    };
  }

  private enum Kind {
    FLIP_BIT,
    RANDOM_BYTE,
    ODD_VALUE,
    TRUNCATE,
    CUT_OUT,
    REPEAT,
    SPLICE
  }

  private byte[] flipBit(byte[] input) {
    if (input.length > 0) {
      input[random.nextInt(input.length)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
    }
    return input;
  }

  private byte[] randomByte(byte[] input) {
    if (input.length > 0) {
      input[random.nextInt(input.length)] = (byte) random.nextInt();
    }
    return input;
  }

  private byte[] oddValue(byte[] input) {
    int widthBytes = WIDTHS_BYTES[random.nextInt(WIDTHS_BYTES.length)];
    if (input.length < widthBytes) {
      return input;
    }
    long value = ODD_VALUES[random.nextInt(ODD_VALUES.length)];
    int from = random.nextInt(input.length - widthBytes + 1);
    for (int i = 0; i < widthBytes; i++) {
      input[from + i] = (byte) (value >>> (i * Byte.SIZE));
    }
    return input;
  }

  private byte[] cutOut(byte[] input) {
    int from = random.nextInt(input.length + 1);
    int to = random.nextInt(from, input.length + 1);
    return join(Arrays.copyOf(input, from), Arrays.copyOfRange(input, to, input.length));
  }

  private byte[] repeat(byte[] input) {
    int from = random.nextInt(input.length + 1);
    int to = random.nextInt(from, input.length + 1);
    return join(Arrays.copyOf(input, to), Arrays.copyOfRange(input, from, input.length));
  }

  private byte[] splice(byte[] input) {
    byte[] other = pick();
    return join(
        Arrays.copyOf(input, random.nextInt(input.length + 1)),
        Arrays.copyOfRange(other, random.nextInt(other.length + 1), other.length));
  }

  private byte[] pick() {
    return corpus.get(random.nextInt(corpus.size()));
  }

  private static byte[] join(byte[] left, byte[] right) {
    byte[] both = Arrays.copyOf(left, left.length + right.length);
    System.arraycopy(right, 0, both, left.length, right.length);
    return both;
  }
}
