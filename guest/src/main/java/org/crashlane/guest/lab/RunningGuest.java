// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.crashlane.guest.live.LiveGuest;
import org.crashlane.memory.AddressRange;

/** The primary's guest right before the crash: it stands, its transfers are in flight. */
public final class RunningGuest {
  private final LiveGuest live;
  private final PrimaryFacts facts;
  private final AddressRange arena;
  private final Path scratch;
  private final SerialConsole console;
  private final Set<Long> compared = new TreeSet<>();

  RunningGuest(
      LiveGuest live, PrimaryFacts facts, AddressRange arena, Path scratch, SerialConsole console) {
    this.live = live;
    this.facts = facts;
    this.arena = arena;
    this.scratch = scratch;
    this.console = console;
  }

  /** {@return its memory, registers and control} It must be left standing. */
  public LiveGuest live() {
    return live;
  }

  /** {@return what the primary kernel said of itself} */
  public PrimaryFacts facts() {
    return facts;
  }

  /** {@return memory that neither kernel uses, for new table pages} */
  public AddressRange arena() {
    return arena;
  }

  /** {@return a directory of the run's, removed with it} */
  public Path scratch() {
    return scratch;
  }

  /** {@return its console} The primary's script heeds a line {@code reload}. */
  SerialConsole console() {
    return console;
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
