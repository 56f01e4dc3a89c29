// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qtest;

import java.util.Arrays;

/**
 * Firmware of three instructions: the processor switches interrupts off and halts, so that nothing
 * but the commands changes the machine.
 */
final class HaltRom {
  private static final int SIZE_BYTES = 1 << 16;
  // The processor's first instruction is fetched 16 bytes below the end of the ROM.
  private static final int RESET_VECTOR = SIZE_BYTES - (2 * 8);
  private static final byte HLT = (byte) 0xf4;
  private static final byte CLI = (byte) 0xfa;
  private static final byte[] JMP_BACK_TO_HLT = {(byte) 0xeb, (byte) 0xfd};

  private HaltRom() {}

  static byte[] image() {
    byte[] rom = new byte[SIZE_BYTES];
    Arrays.fill(rom, HLT);
    rom[RESET_VECTOR] = CLI;
    System.arraycopy(JMP_BACK_TO_HLT, 0, rom, RESET_VECTOR + 2, JMP_BACK_TO_HLT.length);
    return rom;
  }
}
