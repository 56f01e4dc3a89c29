// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * A process that stops a guest, as a hand does, and then stands, to be ended: {@code SOCKET
 * JOURNAL_DIRECTORY}.
 */
public final class StandingTool {
  private static final String STANDING = "standing";

  private StandingTool() {}

  /** Stops the guest and stands. */
  public static void main(String[] arguments) throws IOException {
    try (OutsideHand hand = OutsideHand.attach(Path.of(arguments[0]), Path.of(arguments[1]))) {
      hand.whileStopped(_ -> {
        System.out.println(STANDING);
        System.out.flush();
        try {
          Thread.sleep(Long.MAX_VALUE);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        return 0;
      });
    }
  }

  /** {@return the process, once the guest is stopped} */
  static Process start(Path socket, Path journals) throws IOException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    String classes =
        Path.of("target", "test-classes")
            + ":"
            + System.getProperty("jdk.module.path", "")
            + ":"
            + System.getProperty("java.class.path", "");
    Process process =
        new ProcessBuilder(
                List.of(
                    java.toString(),
                    "--enable-native-access=ALL-UNNAMED",
                    "-cp",
                    classes,
                    StandingTool.class.getName(),
                    socket.toString(),
                    journals.toString()))
            .redirectErrorStream(true)
            .start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    assertEquals(STANDING, line, () -> String.join("\n", out.lines().toList()));
    return process;
  }
}
