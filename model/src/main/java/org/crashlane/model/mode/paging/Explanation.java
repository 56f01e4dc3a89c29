// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Outcome;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/** A request's way through a unit's tables in words, entry by entry. */
public final class Explanation {
  private final PhysicalMemory memory;
  private final List<String> lines = new ArrayList<>();

  /**
   * @param memory where the tables are
   */
  public Explanation(PhysicalMemory memory) {
    this.memory = memory;
  }

  /** Adds a line. */
  public void say(String line) {
    lines.add(line);
  }

  /** Does {@code steps}, as far as there is memory to read. */
  public void follow(Runnable steps) {
    try {
      steps.run();
    } catch (UnreadableMemoryException e) {
      lines.add("no memory at " + Hex.of(e.address()));
    }
  }

  /** {@return the word at {@code at}, after saying what it is} */
  public long entry(String what, long at) {
    long entry = memory.readLong(at);
    lines.add("%s %s at %s".formatted(what, Hex.of(entry), Hex.of(at)));
    return entry;
  }

  /** {@return the word at {@code at}, without a line about it} */
  public long word(long at) {
    return memory.readLong(at);
  }

  /**
   * {@return all that was said, and what comes of it}
   *
   * @param byTables by the tables as they stand
   * @param byCaches by what the unit remembers of them
   */
  public String endingIn(Outcome byTables, Outcome byCaches) {
    lines.add(text(byTables));
    if (!byTables.equals(byCaches)) {
      lines.add("but by what the unit has cached: " + text(byCaches));
    }
    return String.join("; ", lines);
  }

  private static String text(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Reached reached -> "reaches " + Hex.of(reached.physicalAddress());
      case Outcome.Interrupt _ -> "is an interrupt";
      case Outcome.Blocked blocked -> "is blocked: " + blocked.fault().meaning();
      case Outcome.Unknown unknown ->
          "cannot be told: " + Hex.of(unknown.address()) + ": " + unknown.reason();
    };
  }
}
