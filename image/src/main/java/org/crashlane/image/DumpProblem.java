// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import org.crashlane.bits.Hex;

/**
 * Something wrong with a dump that does not keep the rest of it from being read.
 *
 * @param kind what kind of thing
 * @param offset where, in bytes from the beginning of the file
 * @param reason what is wrong there
 */
public record DumpProblem(Kind kind, long offset, String reason) {

  /** Kinds of problems. */
  public enum Kind {
    /** The writer of the dump says that it could not finish. */
    INCOMPLETE,
    /** The file ends before the bytes it promises. */
    TRUNCATED,
    /** Two segments hold the same physical address and different bytes. */
    CONTRADICTION,
    /** A segment's description makes no sense; it is left out. */
    SEGMENT,
    /** A note's description makes no sense; it and the notes behind it are left out. */
    NOTE
  }

  @Override
  public String toString() {
    return "at offset " + Hex.of(offset) + ": " + reason;
  }
}
