// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.List;
import java.util.stream.Collectors;
import org.crashlane.bits.Hex;

/**
 * Tables and an address to try on them.
 *
 * @param id its number in its run
 * @param root the register that points to the tables
 * @param words the table words that are not zero, in the arena of {@link ProbeMemory}
 * @param iova the address that the device uses, a multiple of 8
 */
public record ProbeCase(int id, long root, List<TableWord> words, long iova) {

  public ProbeCase {
    words = List.copyOf(words);
  }

  @Override
  public String toString() {
    return "case %d: root %s, IOVA %s, words %s"
        .formatted(
            id,
            Hex.of(root),
            Hex.of(iova),
            words.stream()
                .map(w -> Hex.of(w.address()) + "=" + Hex.of(w.value()))
                .collect(Collectors.joining(" ")));
  }
}
