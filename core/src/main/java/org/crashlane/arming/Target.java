// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.crashlane.bits.Hex;

/**
 * What is armed.
 *
 * @param name for people
 * @param identity equal for the same target, different for any other
 * @param file the file that it is, which hands lock; nothing if it is none
 */
public record Target(String name, String identity, Optional<Path> file) {
  private static final int KEY_DIGITS = 8;

  /** Makes a target that is no file, and known in this process only. */
  public Target(String name, String identity) {
    this(name, identity, Optional.empty());
  }

  /**
   * {@return the target that lives in a memory file: a guest's shared memory, or an image}
   *
   * @throws IOException if the file cannot be looked at
   */
  public static Target ofFile(Path file) throws IOException {
    Path real = real(file);
    Map<String, Object> facts = Files.readAttributes(real, "unix:dev,ino,size");
    String identity =
        "file %s device %s inode %s size %s"
            .formatted(real, facts.get("dev"), facts.get("ino"), facts.get("size"));
    return new Target(real.toString(), identity, Optional.of(real));
  }

  /** What a process has open may have no name of its own, as a memfd. */
  private static Path real(Path file) throws IOException {
    try {
      return file.toRealPath();
    } catch (NoSuchFileException e) {
      return file;
    }
  }

  /**
   * {@return a file name's stem that people recognise and that two targets seldom share: a checksum
   * tells them apart, and a journal says whose it is}
   */
  String fileStem() {
    CRC32C crc = new CRC32C();
    crc.update(identity.getBytes(StandardCharsets.UTF_8));
    String last = name.substring(name.lastIndexOf('/') + 1).replaceAll("[^A-Za-z0-9._-]", "_");
    return last + "-" + Hex.of(crc.getValue(), KEY_DIGITS).substring(2);
  }
}
