// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.memory.AddressRange;

/** What became of mapping a range. */
public sealed interface MapResult {

  /**
   * Every page of the range is identity-mapped now.
   *
   * @param leafCount leaves written, of all sizes
   * @param tablePageCount table pages taken from the arena
   * @param alreadyMappedBytes how much of the range was so before
   */
  record Mapped(long leafCount, int tablePageCount, long alreadyMappedBytes) implements MapResult {}

  /**
   * Nothing was written: a page of the range is mapped elsewhere or without a right (finding A4 or
   * A2).
   *
   * @param conflicts what is there
   */
  record Conflict(List<Mapping> conflicts) implements MapResult {
    public Conflict {
      conflicts = List.copyOf(conflicts);
    }
  }

  /**
   * Nothing was written, for another reason.
   *
   * @param range what was to be mapped
   * @param reason why it was not
   */
  record Refused(AddressRange range, Reason reason) implements MapResult {}
}
