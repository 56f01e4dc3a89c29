// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A live guest, written {@code qemu:SOCKET}.
 *
 * @param path QEMU's control socket
 */
record GuestSocket(Path path) {
  private static final String SCHEME = "qemu:";

  /** Reads it from the command line. */
  static final class Converter implements ITypeConverter<GuestSocket> {
    @Override
    public GuestSocket convert(String text) {
      if (!text.startsWith(SCHEME) || text.length() == SCHEME.length()) {
        throw new TypeConversionException(
            "'"
                + text
                + "' is no guest: expected qemu:SOCKET, the socket of QEMU's -qmp unix:SOCKET,server=on");
      }
      return new GuestSocket(Path.of(text.substring(SCHEME.length())));
    }
  }

  @Override
  public String toString() {
    return SCHEME + path;
  }
}
