// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.Map;

/**
 * Whether text is coloured, and how: ANSI escapes on a terminal, nothing anywhere else.
 *
 * @param on true if escapes are written
 */
public record Colours(boolean on) {
  private static final String RESET = "\u001b[0m";

  /** What a piece of text stands for; a terminal shows each in its own colour. */
  public enum Style {
    PLAIN(""),
    STRONG("\u001b[1m"),
    FAINT("\u001b[2m"),
    GOOD("\u001b[32m"),
    BAD("\u001b[31m"),
    DOUBTFUL("\u001b[33m");

    private final String escape;

    Style(String escape) {
      this.escape = escape;
    }
  }

  /** {@return no colours} */
  public static Colours off() {
    return new Colours(false);
  }

  /**
   * {@return colours if {@code terminal}, and the environment does not forbid them}
   *
   * @param terminal true if the text goes to a terminal
   * @param environment where a non-empty {@code NO_COLOR} (no-color.org) or {@code TERM=dumb}
   *     forbids colours
   */
  public static Colours of(boolean terminal, Map<String, String> environment) {
    boolean forbidden =
        !environment.getOrDefault("NO_COLOR", "").isEmpty()
            || environment.getOrDefault("TERM", "").equals("dumb");
    return new Colours(terminal && !forbidden);
  }

  /** {@return {@code text} in {@code style}} */
  public String paint(Style style, String text) {
    return on && style != Style.PLAIN && !text.isEmpty() ? style.escape + text + RESET : text;
  }
}
