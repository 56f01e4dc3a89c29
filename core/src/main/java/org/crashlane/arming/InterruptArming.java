// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.crashlane.arming.ArmingPlan.Note;
import org.crashlane.bits.Term;
import org.crashlane.interrupt.InterruptPreparation;
import org.crashlane.interrupt.InterruptRemapping;
import org.crashlane.memory.Store;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Obstacle.InterruptsPrepared;
import org.crashlane.rule.Obstacle.NotPrepared;
import org.crashlane.rule.Obstacle.Required;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Subject.Requesters;

/**
 * Has an arming prepare interrupt remapping tables too, so that the interrupts of a capture kernel
 * that knows of no IOMMU arrive. Only entries that nobody has taken are written; disarming makes
 * them free again.
 */
public final class InterruptArming {
  private InterruptArming() {}

  /**
   * {@return {@code plan} with the stores that prepare the tables of {@code sources} behind its
   * own, and notes of what cannot be prepared and of what must hold}
   *
   * @param plan a plan for the memory that {@code interrupts} is read from; it may be empty
   * @param sources whose interrupts the capture kernel needs: devices on the dump path, IOAPICs
   */
  public static ArmingPlan with(
      ArmingPlan plan, InterruptRemapping interrupts, List<RequesterId> sources) {
    // Sources may share a table, and then have the same stores.
    Set<Store> stores = new LinkedHashSet<>(plan.stores());
    Set<Term> conditions = new LinkedHashSet<>();
    List<Note> notes = new ArrayList<>(plan.notes());
    for (RequesterId source : sources) {
      InterruptPreparation preparation = interrupts.prepare(source);
      stores.addAll(preparation.stores());
      conditions.addAll(preparation.conditions());
      List<Evidence> evidence = new ArrayList<>();
      evidence.add(new InterruptsPrepared(preparation.readyCount(), preparation.preparedCount()));
      preparation.against().stream().map(NotPrepared::new).forEach(evidence::add);
      notes.add(new Note(new Requesters(source), evidence));
    }
    conditions.forEach(condition -> notes.add(new Note(Part.IOMMU, new Required(condition))));
    return new ArmingPlan(
        plan.target(), plan.windows(), plan.tables(), plan.newPages(), List.copyOf(stores), notes);
  }
}
