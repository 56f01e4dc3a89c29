// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qtest;

/** Firmware for a POWER processor: wherever it starts, each instruction branches to itself. */
final class LoopRom {
  private static final int SIZE_BYTES = 4096;

  /** The instruction's first byte, of four; the others are zero. */
  private static final byte BRANCH_TO_ITSELF = 0x48;

  private LoopRom() {}

  static byte[] image() {
    byte[] rom = new byte[SIZE_BYTES];
    for (int at = 0; at < SIZE_BYTES; at += Integer.BYTES) {
      rom[at] = BRANCH_TO_ITSELF;
    }
    return rom;
  }
}
