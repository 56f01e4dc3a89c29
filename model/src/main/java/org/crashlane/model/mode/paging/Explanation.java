// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.paging.WalkSink;

/** A request's way through a unit's tables in words, entry by entry as the unit reads them. */
public final class Explanation implements WalkSink {
  private final List<String> lines = new ArrayList<>();

  /**
   * Begins with the register that leads to the tables.
   *
   * @param translating true if the unit goes by tables at all
   */
  public Explanation(boolean translating, String register, long value) {
    lines.add(translating ? register + " " + Hex.of(value) : "translation is off");
  }

  @Override
  public void deviceEntry(String what, long at, long low, long high) {
    lines.add("%s %s at %s".formatted(what, Hex.of(low), Hex.of(at)));
    if (high != 0) {
      lines.add("its second word " + Hex.of(high));
    }
  }

  @Override
  public void domain(int domainId) {
    lines.add("domain " + domainId);
  }

  @Override
  public void entry(int level, long at, long entry) {
    lines.add("level %d entry %s at %s".formatted(level, Hex.of(entry), Hex.of(at)));
  }

  @Override
  public void unreadable(long address) {
    lines.add("no memory at " + Hex.of(address));
  }

  /**
   * {@return all that was read and what came of it}
   *
   * @param byTables what comes of the tables as they are
   * @param byCaches what comes of what the unit remembers of them
   */
  public String text(Outcome byTables, Outcome byCaches) {
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
      case Outcome.Blocked blocked -> "is blocked: " + blocked.fault().why().meaning();
      case Outcome.Unknown unknown ->
          "not known: " + Hex.of(unknown.address()) + ": " + unknown.reason().names();
    };
  }
}
