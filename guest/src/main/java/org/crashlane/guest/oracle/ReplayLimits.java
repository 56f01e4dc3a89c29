// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

/**
 * How much of a recorded file is taken before it is called bad.
 *
 * @param lineBytes longest line
 * @param fileBytes longest file, unpacked
 * @param keptDifferences how many differences are kept to be shown; all are counted
 */
public record ReplayLimits(int lineBytes, long fileBytes, int keptDifferences) {
  private static final int LINE_BYTES = 1 << 16;
  private static final long FILE_BYTES = 1L << 32;
  private static final int KEPT_DIFFERENCES = 1000;

  public ReplayLimits {
    if (lineBytes <= 0 || fileBytes <= 0 || keptDifferences < 0) {
      throw new IllegalArgumentException(
          "limits of %d, %d and %d".formatted(lineBytes, fileBytes, keptDifferences));
    }
  }

  /** {@return lines of 64 KiB, files of 4 GiB, 1,000 differences} */
  public static ReplayLimits standard() {
    return new ReplayLimits(LINE_BYTES, FILE_BYTES, KEPT_DIFFERENCES);
  }
}
