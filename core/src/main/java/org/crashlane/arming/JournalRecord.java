// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.List;
import org.crashlane.iommu.Window;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Store;

/**
 * What a journal holds.
 *
 * @param target what was, or was going to be, armed
 * @param windows what was going to be mapped to itself
 * @param newPages arena pages that become tables
 * @param stores every store, in order
 * @param state how far it came
 */
public record JournalRecord(
    Target target,
    List<Window> windows,
    List<AddressRange> newPages,
    List<Store> stores,
    State state) {

  /** How far an arming came. */
  public enum State {
    /** The journal is on disk; none, some or all stores are made. */
    PLANNED,
    /**
     * All stores are made and confirmed; after a disarming that was not complete, what it had to
     * leave.
     */
    ARMED,
    /** Stores are being taken back; none, some or all are. */
    DISARMING,
    /** All words are as they were before, or nothing leads to them any more. */
    DISARMED
  }

  public JournalRecord {
    windows = List.copyOf(windows);
    newPages = List.copyOf(newPages);
    stores = List.copyOf(stores);
  }

  JournalRecord inState(State next) {
    return new JournalRecord(target, windows, newPages, stores, next);
  }
}
