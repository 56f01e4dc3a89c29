// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Term;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.paging.WalkSink;
import org.crashlane.model.hardware.Found;

/** A request's way through a unit's tables, entry by entry as the unit reads them. */
public final class Explanation implements WalkSink {
  private final List<Reason> found = new ArrayList<>();

  /**
   * Begins with the register that leads to the tables.
   *
   * @param translating true if the unit goes by tables at all
   */
  public Explanation(boolean translating, Register register, long value) {
    found.add(
        translating
            ? Reason.of(Found.REGISTER, new Reason.Name(register.name()), new Reason.Value(value))
            : Reason.of(Found.TRANSLATION_OFF));
  }

  @Override
  public void deviceEntry(Term what, long at, long low, long high) {
    found.add(Reason.of(what, new Reason.Value(low), new Reason.At(at)));
    if (high != 0) {
      found.add(Reason.of(Found.SECOND_WORD, new Reason.Value(high)));
    }
  }

  @Override
  public void domain(int domainId) {
    found.add(Reason.of(Found.DOMAIN, new Reason.Count(domainId)));
  }

  @Override
  public void entry(int level, long at, long entry) {
    found.add(
        Reason.of(
            Found.LEVEL,
            new Reason.Count(level),
            new Reason.Because(
                Reason.of(Found.ENTRY, new Reason.Value(entry), new Reason.At(at)))));
  }

  @Override
  public void unreadable(long address) {
    found.add(Reason.of(Found.NO_MEMORY, new Reason.At(address)));
  }

  /**
   * {@return all that was read and what came of it}
   *
   * @param byTables what comes of the tables as they are
   * @param byCaches what comes of what the unit remembers of them
   */
  public List<Reason> with(Outcome byTables, Outcome byCaches) {
    found.add(of(byTables));
    if (!byTables.equals(byCaches)) {
      found.add(Reason.of(Found.BY_CACHES, new Reason.Because(of(byCaches))));
    }
    return found;
  }

  private static Reason of(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Reached(long address) -> Reason.of(Found.REACHES, new Reason.Value(address));
      case Outcome.Interrupt _ -> Reason.of(Found.INTERRUPT);
      case Outcome.Blocked(var fault) -> Reason.of(Found.BLOCKED, new Reason.Because(fault.why()));
      case Outcome.Unknown(long address, Reason reason) ->
          Reason.of(Found.NOT_KNOWN, new Reason.At(address), new Reason.Because(reason));
    };
  }
}
