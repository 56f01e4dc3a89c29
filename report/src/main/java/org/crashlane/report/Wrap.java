// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.ArrayList;
import java.util.List;

/** Breaks text into lines at spaces. */
final class Wrap {
  private Wrap() {}

  /**
   * {@return {@code text} in lines of at most {@code width} characters, at least one line}
   *
   * <p>A word that is longer stands on a line of its own, whole: addresses stay fit to be copied.
   * Line breaks and indents in the text are kept, so that columns made by the writer survive as
   * long as they fit.
   */
  static List<String> lines(String text, int width) {
    List<String> lines = new ArrayList<>();
    text.lines().forEach(line -> wrapLine(line, width, lines));
    return lines.isEmpty() ? List.of("") : lines;
  }

  private static void wrapLine(String line, int width, List<String> into) {
    String rest = line.stripTrailing();
    String indent = rest.substring(0, rest.length() - rest.stripLeading().length());
    while (rest.length() > width) {
      int from = rest.length() - rest.stripLeading().length();
      int at = rest.lastIndexOf(' ', width);
      if (at <= from) {
        at = rest.indexOf(' ', from);
      }
      if (at < 0) {
        break;
      }
      into.add(rest.substring(0, at).stripTrailing());
      rest = indent + rest.substring(at).strip();
    }
    into.add(rest);
  }
}
