// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.Window;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Store;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Subject;

/**
 * How a target is armed: every store, in an order in which a stop after any of them leaves each
 * IOVA translated as before or to itself, never elsewhere.
 *
 * @param target what is armed
 * @param windows what is mapped to itself
 * @param tables what is done, for each address space
 * @param newPages arena pages that become tables
 * @param stores in order; empty if all is mapped already
 * @param notes devices that were left alone, and why
 */
public record ArmingPlan(
    Target target,
    List<Window> windows,
    List<TablePart> tables,
    List<AddressRange> newPages,
    List<Store> stores,
    List<Note> notes) {

  public ArmingPlan {
    windows = List.copyOf(windows);
    tables = List.copyOf(tables);
    newPages = List.copyOf(newPages);
    stores = List.copyOf(stores);
    notes = List.copyOf(notes);
  }

  /** {@return the same with one note more} */
  public ArmingPlan withNote(Note note) {
    List<Note> more = new ArrayList<>(notes);
    more.add(note);
    return new ArmingPlan(target, windows, tables, newPages, stores, more);
  }

  /**
   * What has to be known of a plan.
   *
   * @param subject what it is about
   * @param evidence what holds of it
   */
  public record Note(Subject subject, List<Evidence> evidence) {
    public Note {
      evidence = List.copyOf(evidence);
    }

    /** A note of one thing or several. */
    public Note(Subject subject, Evidence... evidence) {
      this(subject, List.of(evidence));
    }
  }

  /**
   * What is done to one address space.
   *
   * @param table which
   * @param devices who goes through it
   * @param leafCount leaves written, of all sizes
   * @param tablePageCount pages taken from the arena
   * @param alreadyMappedBytes how much of the crash ranges was mapped to itself before
   */
  public record TablePart(
      TableId table,
      List<RequesterId> devices,
      long leafCount,
      long tablePageCount,
      long alreadyMappedBytes) {

    public TablePart {
      devices = List.copyOf(devices);
    }
  }
}
