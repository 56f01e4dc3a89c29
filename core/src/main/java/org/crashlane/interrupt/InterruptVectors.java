// SPDX-License-Identifier: Apache-2.0
package org.crashlane.interrupt;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.Hex;

/** Vectors in words: {@code 0x20-0x2f 0x31 (17 vectors)}. */
public final class InterruptVectors {
  private InterruptVectors() {}

  /** {@return {@code vectors}, in rising order, as runs, and how many they are} */
  public static String describe(List<Integer> vectors) {
    List<String> runs = new ArrayList<>();
    int first = 0;
    for (int i = 0; i < vectors.size(); i++) {
      boolean ends = i + 1 == vectors.size() || vectors.get(i + 1) != vectors.get(i) + 1;
      if (ends) {
        String last = first == i ? "" : "-" + Hex.of(vectors.get(i));
        runs.add(Hex.of(vectors.get(first)) + last);
        first = i + 1;
      }
    }
    String unit = vectors.size() == 1 ? "vector" : "vectors";
    return "%s (%d %s)".formatted(String.join(" ", runs), vectors.size(), unit);
  }
}
