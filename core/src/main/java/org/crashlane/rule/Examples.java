// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Quantity;

/**
 * Things found of which the first few are kept as evidence and all are counted, so that no table,
 * however large, fills memory.
 */
public final class Examples<T> {
  static final int KEPT_COUNT = 4;

  private final List<T> kept = new ArrayList<>();
  private long count;
  private long bytes;

  Examples() {}

  void add(T example, long sizeBytes) {
    if (kept.size() < KEPT_COUNT) {
      kept.add(example);
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

  /** {@return one piece of evidence for each that was kept, and one that counts the rest} */
  List<Evidence> evidence(Function<? super T, ? extends Evidence> kind) {
    List<Evidence> evidence = new ArrayList<>(kept.stream().map(kind).toList());
    if (count > kept.size()) {
      evidence.add(new Amount(Quantity.MORE, count - kept.size()));
    }
    return evidence;
  }

  /** {@return the first of {@code evidence}, and one that counts the rest} */
  public static List<Evidence> firstOf(List<? extends Evidence> evidence) {
    Examples<Evidence> examples = new Examples<>();
    evidence.forEach(each -> examples.add(each, 0));
    return examples.evidence(each -> each);
  }
}
