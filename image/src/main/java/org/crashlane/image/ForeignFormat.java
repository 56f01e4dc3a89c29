// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Dumps that are not ELF, recognised by their first bytes, so that a refusal can name what it
 * refuses.
 */
enum ForeignFormat {
  KDUMP("KDUMP   ", "it is a kdump-compressed dump"),
  DISKDUMP("DISKDUMP", "it is a diskdump"),
  FLATTENED("makedumpfile", "it is a flattened makedumpfile dump; makedumpfile -R unfolds it"),
  LIME("EMiL", "it is a LiME image");

  private static final int QUOTED_CHARACTERS = 8;

  private final String magic;
  private final String description;

  ForeignFormat(String magic, String description) {
    this.magic = magic;
    this.description = description;
  }

  /** {@return what a file that begins with {@code start} is, in words} */
  static String describe(ByteBuffer start) {
    String text = StandardCharsets.ISO_8859_1.decode(start.duplicate()).toString();
    for (ForeignFormat format : values()) {
      if (text.startsWith(format.magic)) {
        return format.description;
      }
    }
    if (text.isEmpty()) {
      return "there are no bytes";
    }
    if (text.chars().allMatch(c -> c == 0)) {
      return "there are zeros, as if nothing was written";
    }
    return "the first bytes are of no known dump: " + shown(text);
  }

  /** A program's complaint, written where its dump should be, is best quoted. */
  private static String shown(String text) {
    String line = text.lines().findFirst().orElse("");
    return line.length() >= QUOTED_CHARACTERS && line.chars().allMatch(ForeignFormat::isPrintable)
        ? "'" + line + "'"
        : HexFormat.ofDelimiter(" ")
            .formatHex(
                text.substring(0, Math.min(text.length(), QUOTED_CHARACTERS))
                    .getBytes(StandardCharsets.ISO_8859_1));
  }

  private static boolean isPrintable(int character) {
    return character >= ' ' && character <= '~';
  }
}
