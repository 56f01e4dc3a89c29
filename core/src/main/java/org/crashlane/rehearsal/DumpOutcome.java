// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

/** What the dump disk was found to hold after the crash, judged from its bytes. */
public sealed interface DumpOutcome {

  /**
   * A dump of the primary kernel whose compared pages are the memory of the panic.
   *
   * @param comparedPageCount pages compared, all of them equal
   * @param release the kernel release that the dump names
   * @param sizeBytes size of the dump
   */
  record Written(long comparedPageCount, String release, long sizeBytes) implements DumpOutcome {}

  /**
   * There is no dump.
   *
   * @param reason what was found instead
   */
  record Missing(String reason) implements DumpOutcome {}

  /**
   * There is something, but it is not the memory of the panic.
   *
   * @param reason what is wrong with it
   */
  record Damaged(String reason) implements DumpOutcome {}

  /**
   * There is no dump, for a reason that is none of the IOMMU's: the crash range is too small for
   * the capture kernel. What it says of the rule is nothing.
   *
   * @param reason what shows it
   */
  record NoRoom(String reason) implements DumpOutcome {}

  /** {@return true if the dump got through} */
  default boolean gotThrough() {
    return this instanceof Written;
  }
}
