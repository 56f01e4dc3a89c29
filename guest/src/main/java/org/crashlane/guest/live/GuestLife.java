// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

/** What is known of the kernel whose tables a hand from outside is asked to write. */
public enum GuestLife {
  /**
   * It goes on living, and is not written to: pages that {@code memmap=} reserves are missing from
   * its own map of memory, so that it faults when it follows its tables into them; pages it does
   * know it would free into its allocator; and leaves alone, in tables that it has, map what its
   * allocator of IOVAs still hands out.
   */
  LIVING,
  /** Its caller crashes it before it runs on as it was: the lab does. */
  DOOMED,
  /**
   * It has crashed, and the capture kernel runs: a processor's page tables lie in a crash range.
   */
  DEAD
}
