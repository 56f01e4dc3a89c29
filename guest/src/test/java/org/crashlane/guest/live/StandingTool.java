// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * A process that stops a guest, as a hand does, or waits for its crash, and then stands, to be
 * ended: {@code stop|watch SOCKET JOURNAL_DIRECTORY}.
 */
public final class StandingTool {
  private static final String STANDING = "standing";
  private static final String STOP = "stop";
  private static final String WATCH = "watch";

  private StandingTool() {}

  /** Stops or watches the guest and stands. */
  public static void main(String[] arguments) throws IOException {
    Path socket = Path.of(arguments[1]);
    Path journals = Path.of(arguments[2]);
    if (arguments[0].equals(WATCH)) {
      watch(socket, journals);
    } else {
      stop(socket, journals);
    }
  }

  private static void watch(Path socket, Path journals) throws IOException {
    try (WhenCrashed guest =
        WhenCrashed.attach(
            socket,
            journals,
            what -> {
              if (what.startsWith("waits for")) {
                sayStanding();
              }
            })) {
      guest.await(List.of(), Set.of(), Duration.ofDays(1));
    }
  }

  private static void sayStanding() {
    System.out.println(STANDING);
    System.out.flush();
  }

  private static void stop(Path socket, Path journals) throws IOException {
    try (OutsideHand hand = OutsideHand.attach(socket, journals)) {
      hand.whileStopped(_ -> {
        sayStanding();
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
    return start(STOP, socket, journals);
  }

  /** {@return the process, once it waits for the guest's crash} */
  static Process startWatch(Path socket, Path journals) throws IOException {
    return start(WATCH, socket, journals);
  }

  private static Process start(String what, Path socket, Path journals) throws IOException {
    Files.createDirectories(journals);
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    String classes =
        Path.of("target", "test-classes")
            + ":"
            + System.getProperty("jdk.module.path", "")
            + ":"
            + System.getProperty("java.class.path", "");
    ProcessBuilder command =
        new ProcessBuilder(
                List.of(
                    java.toString(),
                    "--enable-native-access=ALL-UNNAMED",
                    "-cp",
                    classes,
                    StandingTool.class.getName(),
                    what,
                    socket.toString(),
                    journals.toString()))
            .redirectErrorStream(true);
    // What is left by one that is killed shall be left there alone.
    command.environment().put("XDG_RUNTIME_DIR", journals.toString());
    Process process = command.start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    assertEquals(STANDING, line, () -> String.join("\n", out.lines().toList()));
    return process;
  }
}
