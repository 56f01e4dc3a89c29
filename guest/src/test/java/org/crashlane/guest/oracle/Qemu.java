// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.crashlane.guest.lab.parts.Accelerator;
import org.crashlane.guest.lab.parts.Parts;
import org.crashlane.guest.lab.parts.PartsUnavailableException;
import org.crashlane.guest.lab.parts.QemuSpec;
import org.junit.jupiter.api.Assumptions;

/**
 * The QEMU to test with: the host's, or what {@code -Dcrashlane.oracle.qemu=SPEC} names as {@code
 * rehearse --qemu SPEC} does.
 */
public final class Qemu {
  private static final String PROGRAM = "qemu-system-x86_64";
  private static final String NAMED = System.getProperty("crashlane.oracle.qemu", "");

  /** Has one that is newer than Debian 12's and runs beside it. */
  private static final String NEWER = "bookworm-backports";

  private Qemu() {}

  /** Skips the test where QEMU is not installed. */
  public static void assumeInstalled() {
    assumeInstalled(PROGRAM);
  }

  /** Skips the test where {@code program} is not installed. */
  public static void assumeInstalled(String program) {
    boolean installed =
        Arrays.stream(System.getenv("PATH").split(":", -1))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    Assumptions.assumeTrue(installed, program + " is not installed");
  }

  /** {@return the program to start; the test is skipped where what is named cannot be had} */
  static String program() throws IOException {
    return NAMED.isEmpty() ? PROGRAM : orSkip(NAMED);
  }

  /** {@return a program of QEMU 10.0 or newer; the test is skipped where it cannot be had} */
  static String newer() throws IOException {
    return orSkip(NAMED.isEmpty() ? NEWER : NAMED);
  }

  private static String orSkip(String spec) throws IOException {
    try {
      return Parts.inUsersCache(_ -> {})
          .withQemu(QemuSpec.read(spec), Accelerator.TCG)
          .qemu()
          .program()
          .toString();
    } catch (PartsUnavailableException e) {
      Assumptions.abort(e.getMessage());
      throw new AssertionError("abort() does not return", e);
    }
  }
}
