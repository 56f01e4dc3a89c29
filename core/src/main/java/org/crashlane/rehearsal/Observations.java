// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.util.List;
import java.util.Optional;
import org.crashlane.rule.Evidence;

/**
 * What was measured of one crash.
 *
 * @param dump what the dump disk contains
 * @param faultsAfterCrash requests that the IOMMU blocked after the panic
 * @param registerWritesAfterCrash what was written to the IOMMU's registers after the panic; one
 *     piece may be several writes to one register
 * @param detection what shows that the capture kernel had found the IOMMU
 * @param translatingAtEnd whether the IOMMU still translated when the capture kernel was done
 * @param tally what was counted, on a stage that sees every byte on the bus; a real machine's are
 *     not seen
 */
public record Observations(
    DumpOutcome dump,
    List<Evidence> faultsAfterCrash,
    List<Evidence> registerWritesAfterCrash,
    List<Evidence> detection,
    boolean translatingAtEnd,
    Optional<Tally> tally) {

  public Observations {
    faultsAfterCrash = List.copyOf(faultsAfterCrash);
    registerWritesAfterCrash = List.copyOf(registerWritesAfterCrash);
    detection = List.copyOf(detection);
  }

  /** What was measured of one crash on a stage that does not see what is on the bus. */
  public Observations(
      DumpOutcome dump,
      List<Evidence> faultsAfterCrash,
      List<Evidence> registerWritesAfterCrash,
      List<Evidence> detection,
      boolean translatingAtEnd) {
    this(
        dump,
        faultsAfterCrash,
        registerWritesAfterCrash,
        detection,
        translatingAtEnd,
        Optional.empty());
  }
}
