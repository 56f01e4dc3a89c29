// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

/**
 * A machine's description that cannot be used. The message is whole, in the form that editors jump
 * by: {@code box.yaml:12:11: devices[1].mask: 65 is not in 12 to 64}.
 */
public final class MachineFileException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int line;
  private final int column;
  private final String field;
  private final String reason;

  /**
   * @param source the file, or what a user would call it
   * @param line where in it, from 1
   * @param column where in the line, in characters from 1
   * @param field the way to the value, such as {@code devices[1].mask}; empty for the whole
   * @param reason what is wrong, and what was wanted
   */
  MachineFileException(String source, int line, int column, String field, String reason) {
    super(
        "%s:%d:%d: %s%s"
            .formatted(source, line, column, field.isEmpty() ? "" : field + ": ", reason));
    this.line = line;
    this.column = column;
    this.field = field;
    this.reason = reason;
  }

  /** {@return the line, from 1} */
  public int line() {
    return line;
  }

  /** {@return the column, from 1} */
  public int column() {
    return column;
  }

  /** {@return the way to the value, such as {@code devices[1].mask}; empty for the whole} */
  public String field() {
    return field;
  }

  /** {@return what is wrong, and what was wanted} */
  public String reason() {
    return reason;
  }
}
