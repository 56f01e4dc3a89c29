// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.util.List;
import java.util.Optional;

/**
 * What was measured of one crash.
 *
 * @param dump what stands on the dump disk
 * @param faultsAfterCrash requests that the IOMMU blocked after the panic, one line each
 * @param registerWritesAfterCrash what was written to the IOMMU's registers after the panic, in
 *     words; a line may stand for several writes to one register
 * @param detectionLines what shows that the capture kernel had found the IOMMU
 * @param translatingAtEnd whether the IOMMU still translated when the capture kernel was done
 * @param tally what was counted, on a stage that sees every byte on the bus; a real machine's are
 *     not seen
 */
public record Observations(
    DumpOutcome dump,
    List<String> faultsAfterCrash,
    List<String> registerWritesAfterCrash,
    List<String> detectionLines,
    boolean translatingAtEnd,
    Optional<Tally> tally) {

  public Observations {
    faultsAfterCrash = List.copyOf(faultsAfterCrash);
    registerWritesAfterCrash = List.copyOf(registerWritesAfterCrash);
    detectionLines = List.copyOf(detectionLines);
  }

  /** What was measured of one crash on a stage that does not see what is on the bus. */
  public Observations(
      DumpOutcome dump,
      List<String> faultsAfterCrash,
      List<String> registerWritesAfterCrash,
      List<String> detectionLines,
      boolean translatingAtEnd) {
    this(
        dump,
        faultsAfterCrash,
        registerWritesAfterCrash,
        detectionLines,
        translatingAtEnd,
        Optional.empty());
  }
}
