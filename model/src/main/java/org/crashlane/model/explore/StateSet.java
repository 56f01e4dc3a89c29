// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.explore;

import org.crashlane.model.hardware.Fingerprint;

/** A set of fingerprints, in an open-addressed table: ten million take 256 MiB at most. */
final class StateSet {
  private static final int INITIAL_SLOTS = 1 << 16;

  private long[] slots = new long[INITIAL_SLOTS];
  private int count;
  private boolean hasZero;

  /** {@return true if it was not in} */
  boolean add(long fingerprint) {
    if (fingerprint == 0) {
      boolean isNew = !hasZero;
      hasZero = true;
      return isNew;
    }
    if (2 * (count + 1) > slots.length) {
      grow();
    }
    int slot = slot(slots, fingerprint);
    if (slots[slot] == fingerprint) {
      return false;
    }
    slots[slot] = fingerprint;
    count++;
    return true;
  }

  long size() {
    return count + (hasZero ? 1L : 0L);
  }

  private static int slot(long[] slots, long fingerprint) {
    int mask = slots.length - 1;
    int slot = (int) (Fingerprint.mix(fingerprint) & mask);
    while (slots[slot] != 0 && slots[slot] != fingerprint) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    long[] larger = new long[2 * slots.length];
    for (long fingerprint : slots) {
      if (fingerprint != 0) {
        larger[slot(larger, fingerprint)] = fingerprint;
      }
    }
    slots = larger;
  }
}
