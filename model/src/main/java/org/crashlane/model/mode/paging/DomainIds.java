// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import java.util.BitSet;
import org.crashlane.model.hardware.Fingerprint;

/** The domain ids that a driver gave, or that others did before it: none is given twice. */
public final class DomainIds {
  /** Domain 0 stands for no domain. */
  private static final int FIRST = 1;

  private final BitSet inUse;

  /** Makes ids of which none is in use. */
  public DomainIds() {
    this(new BitSet());
  }

  private DomainIds(BitSet inUse) {
    this.inUse = inUse;
  }

  /** {@return the lowest id that is not in use, now in use} */
  public int take() {
    int id = inUse.nextClearBit(FIRST);
    inUse.set(id);
    return id;
  }

  /** Has an id be in use, whoever gave it. */
  public void keep(int id) {
    inUse.set(id);
  }

  /** Has an id be free again. */
  public void giveBack(int id) {
    inUse.clear(id);
  }

  /** {@return the same, that change by themselves} */
  public DomainIds fork() {
    return new DomainIds((BitSet) inUse.clone());
  }

  /** Adds all state to {@code into}. */
  public void addTo(Fingerprint into) {
    into.add(inUse);
  }
}
