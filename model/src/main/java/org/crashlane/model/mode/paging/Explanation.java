// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/** A request's way through a unit's tables in words, entry by entry. */
public abstract class Explanation {
  private final PhysicalMemory memory;
  private final Request request;
  private final List<String> lines = new ArrayList<>();

  /**
   * @param memory where the tables are
   * @param request whose way it is
   */
  protected Explanation(PhysicalMemory memory, Request request) {
    this.memory = memory;
    this.request = request;
  }

  /** Says what the tables have, from the register that leads to them. */
  protected abstract void throughTables();

  /** {@return whose way it is} */
  protected final Request request() {
    return request;
  }

  /** Adds a line. */
  protected final void say(String line) {
    lines.add(line);
  }

  /** {@return the word at {@code at}, after saying what it is} */
  protected final long entry(String what, long at) {
    long entry = memory.readLong(at);
    lines.add("%s %s at %s".formatted(what, Hex.of(entry), Hex.of(at)));
    return entry;
  }

  /** {@return the word at {@code at}, without a line about it} */
  protected final long word(long at) {
    return memory.readLong(at);
  }

  /**
   * {@return all that is to be said}
   *
   * @param translating true if the unit goes by tables at all
   * @param byTables what comes of the tables as they stand
   * @param byCaches what comes of what the unit remembers of them
   */
  public final String text(boolean translating, Outcome byTables, Outcome byCaches) {
    if (translating) {
      try {
        throughTables();
      } catch (UnreadableMemoryException e) {
        lines.add("no memory at " + Hex.of(e.address()));
      }
    } else {
      lines.add("translation is off");
    }
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
          "not known: " + Hex.of(unknown.address()) + ": " + unknown.reason();
    };
  }
}
