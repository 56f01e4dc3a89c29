// SPDX-License-Identifier: Apache-2.0
package org.crashlane.interrupt;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;
import java.util.function.LongFunction;
import org.crashlane.bits.Hex;

/**
 * One entry of an interrupt remapping table that lets interrupts through, so that one sees who owns
 * which vector; or a place that could not be read, where such an entry may stand.
 *
 * @param index which entry
 * @param address physical address of the entry, or of what could not be read
 * @param fate what becomes of the interrupts that choose it
 */
public record InterruptRoute(int index, long address, InterruptFate fate) {

  /**
   * {@return those of a table's entries that do not block}
   *
   * @param entryCount how many entries the table has
   * @param address physical address of an entry
   * @param fate what becomes of the interrupts that choose the entry at an address
   */
  public static List<InterruptRoute> in(
      int entryCount, IntToLongFunction address, LongFunction<InterruptFate> fate) {
    List<InterruptRoute> routes = new ArrayList<>();
    for (int index = 0; index < entryCount; index++) {
      long at = address.applyAsLong(index);
      InterruptFate decided = InterruptFate.read(() -> fate.apply(at));
      if (!(decided instanceof InterruptFate.Blocked)) {
        routes.add(new InterruptRoute(index, at, decided));
      }
    }
    return routes;
  }

  @Override
  public String toString() {
    return "entry %s at %s: %s".formatted(Hex.of(index), Hex.of(address), fate);
  }
}
