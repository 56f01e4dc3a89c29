// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import org.crashlane.bits.Reason;

/**
 * Something wrong in a table that could be read all the same.
 *
 * @param offset where, in bytes from the beginning of the table
 * @param reason what is wrong there
 * @param losesContent true if what is there is lost by it, to every reader
 */
public record TableProblem(long offset, Reason reason, boolean losesContent) {

  /** A problem by which something is lost. */
  public TableProblem(long offset, Reason reason) {
    this(offset, reason, true);
  }
}
