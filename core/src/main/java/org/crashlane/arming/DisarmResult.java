// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Store;

/**
 * What became of disarming.
 *
 * @param restoredCount words that were put back, or cleared in a table page that was kept
 * @param untouchedCount words that were as before the arming already
 * @param refused words that hold neither what was written nor what was there before: left alone; of
 *     a kept page the first only
 * @param keptPages new table pages that stay in the tables, because somebody else's entries stand
 *     in them or lead to them; what was armed in them is cleared
 * @param gonePages new table pages that no table leads to any more: left alone, they may be
 *     anybody's
 * @param standing how the arming was found; nothing was touched unless it was in place
 */
public record DisarmResult(
    long restoredCount,
    long untouchedCount,
    List<RefusedWord> refused,
    List<AddressRange> keptPages,
    List<AddressRange> gonePages,
    Standing standing) {

  /** How an arming is found when it is to be taken back. */
  public enum Standing {
    /** Some of it is in the tables, or may be. */
    IN_PLACE,
    /** No table leads to it any more, as after a restart of the guest. */
    GONE,
    /** It was taken back before. */
    TAKEN_BACK
  }

  public DisarmResult {
    refused = List.copyOf(refused);
    keptPages = List.copyOf(keptPages);
    gonePages = List.copyOf(gonePages);
  }

  /** {@return nothing was touched, for nothing that was armed is in use any more} */
  static DisarmResult gone(List<AddressRange> pages) {
    return new DisarmResult(0, 0, List.of(), List.of(), pages, Standing.GONE);
  }

  /**
   * {@return nothing was touched, for all was taken back before}
   *
   * @param asBeforeCount how many of the words are now as they were before the arming
   */
  static DisarmResult takenBack(long asBeforeCount) {
    return new DisarmResult(0, asBeforeCount, List.of(), List.of(), List.of(), Standing.TAKEN_BACK);
  }

  /**
   * {@return true if nothing that was armed is in the tables any more; words of {@link #gonePages}
   * need not be what they were}
   */
  public boolean isComplete() {
    return refused.isEmpty() && keptPages.isEmpty();
  }

  /**
   * A word that somebody else has changed since.
   *
   * @param store what was written there
   * @param found what stands there now
   */
  public record RefusedWord(Store store, long found) {

    @Override
    public String toString() {
      return "word at %s holds %s, neither %s as armed nor %s as before"
          .formatted(
              Hex.of(store.address()),
              Hex.of(found),
              Hex.of(store.after()),
              Hex.of(store.before()));
    }
  }
}
