// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.interrupt.InterruptRemapping;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.WritableMemory;
import org.crashlane.pci.RequesterId;

/**
 * The tables of one running IOMMU, of whatever vendor, as they are in some memory: what they say,
 * and how they are changed.
 */
public interface TranslationTables {

  /** {@return what the unit's registers say} */
  UnitState state();

  /** {@return what the tables say now that tell which device goes where: read anew each time} */
  DeviceTables devices();

  /**
   * {@return what becomes of a requester that {@link #devices} does not list: here it is blocked,
   * for want of an entry}
   */
  default Attachment defaultAttachment(RequesterId requester) {
    return new Attachment.Blocked(
        requester, Reason.of(TableFact.NO_ENTRY, new Reason.Device(requester.value())));
  }

  /** {@return the addresses at which nothing may be mapped, whatever the tables say} */
  List<Unmappable> unmappable();

  /** {@return what the unit itself reads and writes besides its tables} */
  default List<UnitBuffer> buffers() {
    return List.of();
  }

  /**
   * {@return memory that the unit keeps from requests that pass untranslated, and may keep from
   * those that it translates; mostly none}
   */
  default List<Unmappable> protectedMemory() {
    return List.of();
  }

  /** Tells {@code visitor} all that {@code table} maps. */
  void walk(TableId table, WalkVisitor visitor);

  /**
   * Tells {@code visitor} of entries that {@link #walk} leaves out, since they seem to serve no
   * mapping: where they lead, a device reaches all the same. Mostly none.
   */
  default void walkLeftOut(TableId table, WalkVisitor visitor) {}

  /**
   * {@return the IOVAs at which requests of {@code requester} pass as they are, in rising order,
   * whatever its tables have for them: as if mapped to themselves, but no mapping; mostly none}
   * They are not walked. Of a requester that passes untranslated everywhere nothing is reported.
   */
  default List<AddressRange> bypassRanges(RequesterId requester) {
    return List.of();
  }

  /**
   * {@return true if a device that is translated reaches what its tables map and no more, {@link
   * #bypassRanges} addresses aside; false of an aperture, which never kept anything in}
   */
  default boolean isolates() {
    return true;
  }

  /** {@return true if mappings may be put into {@code table}: no process or guest writes it too} */
  default boolean isWritable(TableId table) {
    return true;
  }

  /** {@return the IOVAs that {@code table} can translate, from 0} */
  AddressRange reach(TableId table);

  /**
   * {@return the physical address of the table page that a page-table entry leads to, if it leads
   * to one; of a leaf or an entry that is not present, what is in its place}
   *
   * @param entry the entry's value
   */
  long nextTable(long entry);

  /** {@return what the unit does with interrupts} */
  default InterruptRemapping interrupts() {
    return InterruptRemapping.none();
  }

  /**
   * Maps {@code window} to itself in {@code table}, with the largest leaves that the unit supports
   * and the entries there allow. Nothing that exists is split or replaced; pages already mapped so
   * are left alone. New table pages are filled before they are pointed to.
   *
   * @param memory where the tables are written: the memory they were read from, or a draft over it
   * @param table which tables
   * @param window whole pages of the smallest size
   * @param arena where new table pages come from
   * @return what was done, or why nothing was
   */
  MapResult mapIdentity(WritableMemory memory, TableId table, Window window, PageArena arena);
}
