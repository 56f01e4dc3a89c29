// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;

/** The primary's guest right before the crash: it stands, its transfers are in flight. */
public final class RunningGuest {
  private final Path qmpSocket;
  private final PhysicalMemory memory;
  private final PrimaryFacts facts;
  private final AddressRange arena;
  private final Set<Long> compared = new TreeSet<>();

  RunningGuest(Path qmpSocket, PhysicalMemory memory, PrimaryFacts facts, AddressRange arena) {
    this.qmpSocket = qmpSocket;
    this.memory = memory;
    this.facts = facts;
    this.arena = arena;
  }

  /** {@return a control socket that nobody uses} The guest must be left standing. */
  public Path qmpSocket() {
    return qmpSocket;
  }

  /** {@return the guest's memory} */
  public PhysicalMemory memory() {
    return memory;
  }

  /** {@return what the primary kernel said of itself} */
  public PrimaryFacts facts() {
    return facts;
  }

  /** {@return memory that neither kernel uses, for new table pages} */
  public AddressRange arena() {
    return arena;
  }

  /**
   * Has the judge compare the page at {@code address} too: one that the primary does not change
   * until it dies, such as a page of the IOMMU's tables.
   */
  public void alsoCompare(long address) {
    compared.add(address);
  }

  Set<Long> alsoCompared() {
    return compared;
  }
}
