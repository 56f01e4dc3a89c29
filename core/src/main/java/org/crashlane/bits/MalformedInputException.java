// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

import java.util.List;

/**
 * Input bytes that are not what they claim to be: truncated, corrupt, or of a version not known.
 *
 * <p>The message is whole: it names the source, the offset in bytes and the reason. Wrong callers
 * get an {@link IllegalArgumentException} instead, and tables that are wrong but readable become
 * findings.
 */
public class MalformedInputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String source;
  private final long offset;
  private final String reason;

  /**
   * @param source what was read: a file name, or what a user would call it
   * @param offset where in it, in bytes from its beginning
   * @param reason what is wrong there, without the offset
   */
  public MalformedInputException(String source, long offset, String reason) {
    super(source + ": at offset " + Hex.of(offset) + ": " + reason);
    this.source = source;
    this.offset = offset;
    this.reason = reason;
  }

  /** {@return what was read} */
  public String source() {
    return source;
  }

  /** {@return where, in bytes from the beginning of the source} */
  public long offset() {
    return offset;
  }

  /** {@return what is wrong there} */
  public String reason() {
    return reason;
  }

  /** Fewer bytes are left than a field needs. */
  public static final class Truncated extends MalformedInputException {
    private static final long serialVersionUID = 1L;

    private final String field;
    private final int neededBytes;
    private final int leftBytes;

    Truncated(String source, long offset, String field, int neededBytes, int leftBytes) {
      super(
          source,
          offset,
          "truncated: %s needs %d bytes, %d are left".formatted(field, neededBytes, leftBytes));
      this.field = field;
      this.neededBytes = neededBytes;
      this.leftBytes = leftBytes;
    }

    /** {@return the field, what it needs and what there is of it} */
    public List<Reason.Detail> details() {
      return List.of(
          new Reason.Name(field), new Reason.Count(neededBytes), new Reason.Count(leftBytes));
    }
  }
}
