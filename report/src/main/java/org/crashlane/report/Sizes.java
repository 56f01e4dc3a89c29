// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

/** Sizes for people. */
public final class Sizes {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  private static final int UNIT_SHIFT = 10;

  private Sizes() {}

  /**
   * {@return {@code bytes} in the largest binary unit that tells it exactly: {@code 256 MiB}}
   *
   * @param bytes unsigned; 0 stands for 2^64, as in {@link
   *     org.crashlane.memory.AddressRange#sizeBytes()}
   */
  public static String binary(long bytes) {
    if (bytes == 0) {
      return "16 EiB";
    }
    int unit = Math.min(Long.numberOfTrailingZeros(bytes) / UNIT_SHIFT, UNITS.length - 1);
    return Long.toUnsignedString(bytes >>> (unit * UNIT_SHIFT)) + " " + UNITS[unit];
  }
}
