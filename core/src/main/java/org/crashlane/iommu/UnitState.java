// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import java.util.List;
import org.crashlane.bits.Word;

/**
 * What the registers of one IOMMU say.
 *
 * @param translation what becomes of DMA
 * @param cachesAbsent whether entries that are not present may be cached, so that adding a mapping
 *     needs an invalidation
 * @param interruptsRemapped true if it remaps interrupts
 * @param rootAddress physical address of the device tables
 * @param description the registers that say so
 */
public record UnitState(
    Translation translation,
    Known cachesAbsent,
    boolean interruptsRemapped,
    long rootAddress,
    List<Word> description) {

  /** What a unit does with requests for memory. */
  public enum Translation {
    /** Its tables decide. */
    TRANSLATES,
    /** All pass as they are. */
    PASSES,
    /** All are blocked, whatever its tables say. */
    BLOCKS,
    /** Registers that were not readable, or a setting that no manual gives a meaning. */
    UNKNOWN
  }

  public UnitState {
    description = List.copyOf(description);
  }

  /** {@return true if it is known that all requests pass as they are} */
  public boolean isPassing() {
    return translation == Translation.PASSES;
  }
}
