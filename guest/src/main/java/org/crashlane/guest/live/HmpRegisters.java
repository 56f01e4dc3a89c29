// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.regex.Pattern;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Printable;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.iommu.RegisterFile;

/**
 * Registers of a device of a guest, read at their physical addresses by the human monitor's {@code
 * xp}. A control socket that fails throws {@link UncheckedIOException}.
 */
final class HmpRegisters implements RegisterFile {
  private static final int QUOTED_CHARS = 120;
  private static final Pattern WORD = Pattern.compile(" 0x([0-9a-f]{16})");

  private final QmpClient qmp;
  private final long base;

  HmpRegisters(QmpClient qmp, long base) {
    this.qmp = qmp;
    this.base = base;
  }

  @Override
  public long read32(int offset) {
    return read("w", offset);
  }

  @Override
  public long read64(int offset) {
    return read("g", offset);
  }

  private long read(String size, int offset) {
    try {
      return word(qmp, size, base + offset);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@return {@code count} words of 8 bytes from a physical address on} */
  static long[] words(QmpClient qmp, long address, int count) throws IOException {
    String printed = qmp.hmp("xp /" + count + "gx " + Hex.of(address));
    long[] words = WORD.matcher(printed).results().mapToLong(m -> Hex.parse(m.group(1))).toArray();
    if (words.length != count) {
      throw new IOException(
          "%s: QEMU cannot read %s: it printed %d words, not %d"
              .formatted(qmp.socket(), Hex.of(address), words.length, count));
    }
    return words;
  }

  /**
   * {@return what stands at a physical address}
   *
   * @param size {@code w} for 4 bytes, {@code g} for 8
   */
  static long word(QmpClient qmp, String size, long address) throws IOException {
    String printed = qmp.hmp("xp /1" + size + "x " + Hex.of(address)).strip();
    int colon = printed.indexOf(": 0x");
    if (colon < 0) {
      throw new IOException(
          "%s: QEMU cannot read %s: '%s'"
              .formatted(qmp.socket(), Hex.of(address), Printable.of(printed, QUOTED_CHARS)));
    }
    return Hex.parse(printed.substring(colon + 2));
  }
}
