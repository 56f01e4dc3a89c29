// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The console lines that the guests' script wrote for the host: {@code @crashlane KEY VALUE...}.
 */
final class Transcript {
  private static final String MARK = "@crashlane ";

  /** The kernel's word, whatever else stands on the line. */
  private static final String PANIC = "Kernel panic - not syncing";

  /** kernel/panic.c: with panic=N the first, without it the other. */
  private static final String REBOOTING = "Rebooting in ";

  private static final String END_OF_PANIC = "---[ end Kernel panic";
  private static final String CALL_TRACE_END = "</TASK>";
  private static final int CALL_TRACE_LINES = 60;

  private final List<String> lines;

  Transcript(List<String> lines) {
    this.lines = List.copyOf(lines);
  }

  /** {@return true if {@code line} is the script's and has this key} */
  static boolean has(String line, String key) {
    String start = MARK + key;
    // A kernel message without a line end may stand in front of it.
    int at = line.indexOf(start);
    return at >= 0
        && (line.length() == at + start.length() || line.charAt(at + start.length()) == ' ');
  }

  static boolean isPanic(String line) {
    return line.contains(PANIC);
  }

  /** {@return true if {@code line} is the last that a kernel prints that panicked} */
  static boolean isEndOfPanic(String line) {
    return line.contains(REBOOTING) || line.contains(END_OF_PANIC);
  }

  /**
   * {@return the first line behind what the dying kernel printed}
   *
   * @param panic the number of the panic's line; a call trace may stand behind it
   */
  static int afterPanic(List<String> lines, int panic) {
    for (int i = panic; i < Math.min(lines.size(), panic + CALL_TRACE_LINES); i++) {
      if (lines.get(i).endsWith(CALL_TRACE_END)) {
        return i + 1;
      }
    }
    return panic + 1;
  }

  /** {@return the values of all lines with this key, in order} */
  List<String> values(String key) {
    List<String> values = new ArrayList<>();
    for (String line : lines) {
      if (has(line, key)) {
        values.add(line.substring(line.indexOf(MARK) + MARK.length() + key.length()).strip());
      }
    }
    return values;
  }

  /** {@return the value of the first line with this key} */
  Optional<String> value(String key) {
    return values(key).stream().findFirst();
  }
}
