// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayList;
import java.util.List;

/**
 * Things found of which the first few are kept as evidence and all are counted, so that no table,
 * however large, fills memory.
 */
final class Pieces<T> {
  static final int KEPT_COUNT = 4;

  private final List<T> kept = new ArrayList<>();
  private long count;
  private long bytes;

  void add(T piece, long sizeBytes) {
    if (kept.size() < KEPT_COUNT) {
      kept.add(piece);
    }
    count++;
    bytes += sizeBytes;
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** {@return the first one}; there must be one */
  T first() {
    return kept.getFirst();
  }

  long count() {
    return count;
  }

  long bytes() {
    return bytes;
  }

  /** {@return one line for each that was kept, and one that counts the rest} */
  List<String> lines() {
    List<String> lines = new ArrayList<>(kept.stream().map(Object::toString).toList());
    if (count > kept.size()) {
      lines.add("and " + (count - kept.size()) + " more");
    }
    return lines;
  }
}
