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
 * @param untouchedCount words that stood as before already
 * @param refused words that hold neither what was written nor what was there before: left alone; of
 *     a kept page the first only
 * @param keptPages new table pages that stay in the tables, because somebody else's entries stand
 *     in them or lead to them; what was armed in them is cleared
 * @param gonePages new table pages that no table leads to any more: left alone, they may be
 *     anybody's
 * @param stood false if nothing that was armed was in use any more, as after a restart of the
 *     guest; nothing was touched then
 */
public record DisarmResult(
    long restoredCount,
    long untouchedCount,
    List<RefusedWord> refused,
    List<AddressRange> keptPages,
    List<AddressRange> gonePages,
    boolean stood) {

  public DisarmResult {
    refused = List.copyOf(refused);
    keptPages = List.copyOf(keptPages);
    gonePages = List.copyOf(gonePages);
  }

  /** {@return nothing was touched, for nothing that was armed is in use any more} */
  static DisarmResult nothingStands(List<AddressRange> gonePages) {
    return new DisarmResult(0, 0, List.of(), List.of(), gonePages, false);
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
