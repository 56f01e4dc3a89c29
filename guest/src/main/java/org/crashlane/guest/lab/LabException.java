// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import org.crashlane.bits.Printable;

/** A run that could not be brought to its end: which phase, why, and the console's last lines. */
public sealed class LabException extends IOException permits CrashRangeTooSmallException {
  private static final long serialVersionUID = 1L;
  private static final int QUOTED_LINES = 8;
  private static final int QUOTED_CHARS = 200;

  private final Phase phase;
  private final String reason;
  private final transient List<String> console;

  /**
   * @param phase where it stuck
   * @param reason in a clause
   * @param console what the guest has printed so far; its last lines are quoted
   */
  public LabException(Phase phase, String reason, List<String> console) {
    super(phase.words() + ": " + reason + quote(console));
    this.phase = phase;
    this.reason = reason;
    this.console = List.copyOf(console);
  }

  /** {@return the same with {@code more} to its reason, in a clause} */
  LabException with(String more) {
    return new LabException(phase, reason + "; " + more, console);
  }

  /** {@return where it stuck} */
  public Phase phase() {
    return phase;
  }

  /** {@return all that the guest had printed by then} */
  public List<String> console() {
    return console;
  }

  private static String quote(List<String> console) {
    if (console.isEmpty()) {
      return "; the console is empty";
    }
    int from = Math.max(0, console.size() - QUOTED_LINES);
    return "; the console's last lines:\n  "
        + console.subList(from, console.size()).stream()
            .map(line -> Printable.of(line, QUOTED_CHARS))
            .collect(Collectors.joining("\n  "));
  }
}
