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
 */
public record DisarmResult(
    long restoredCount,
    long untouchedCount,
    List<RefusedWord> refused,
    List<AddressRange> keptPages) {

  public DisarmResult {
    refused = List.copyOf(refused);
    keptPages = List.copyOf(keptPages);
  }

  /**
   * {@return true if nothing that was armed had to be left: each of its words was put back, or
   * stood as before already}
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
