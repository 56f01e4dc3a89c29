// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Dumps that are not ELF, told by their first bytes, so that a refusal can name what it refuses.
 */
enum ForeignFormat {
  KDUMP("KDUMP   ", "a kdump-compressed dump"),
  DISKDUMP("DISKDUMP", "a diskdump"),
  FLATTENED("makedumpfile", "a flattened makedumpfile dump; makedumpfile -R unfolds it"),
  LIME("EMiL", "a LiME image");

  private final byte[] magic;
  private final String description;

  ForeignFormat(String magic, String description) {
    this.magic = magic.getBytes(StandardCharsets.ISO_8859_1);
    this.description = description;
  }

  /** {@return what a file that begins with {@code start} is, in words} */
  static String describe(ByteBuffer start) {
    for (ForeignFormat format : values()) {
      if (startsWith(start, format.magic)) {
        return format.description;
      }
    }
    if (!start.hasRemaining()) {
      return "there are no bytes";
    }
    return isZero(start)
        ? "there are zeros, as if nothing was written"
        : "the first bytes are of no known dump";
  }

  private static boolean startsWith(ByteBuffer start, byte[] magic) {
    return start.limit() >= magic.length
        && start.slice(0, magic.length).equals(ByteBuffer.wrap(magic));
  }

  private static boolean isZero(ByteBuffer bytes) {
    for (int i = 0; i < bytes.limit(); i++) {
      if (bytes.get(i) != 0) {
        return false;
      }
    }
    return true;
  }
}
