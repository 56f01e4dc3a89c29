// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

/**
 * What it costs to be ready for the crash.
 *
 * @param tablePageCount table pages that were taken
 * @param entryCount entries that were written, of all sizes
 * @param tableBytes size of what was written: entries in tables that were there already, and pages
 *     that were taken
 * @param stepCount stores and register accesses that it took
 */
public record ArmingCost(long tablePageCount, long entryCount, long tableBytes, long stepCount) {
  /** Nothing was done. */
  public static final ArmingCost NONE = new ArmingCost(0, 0, 0, 0);
}
