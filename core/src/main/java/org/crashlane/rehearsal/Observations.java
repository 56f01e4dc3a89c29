// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.util.List;

/**
 * What was measured of one crash.
 *
 * @param dump what stands on the dump disk
 * @param faultsAfterCrash requests that the IOMMU blocked after the panic, one line each
 * @param registerWritesAfterCrash what was written to the IOMMU's registers after the panic, in
 *     words; a line may stand for several writes to one register
 * @param detectionLines what shows that the capture kernel had found the IOMMU
 * @param translatingAtEnd whether the IOMMU still translated when the capture kernel was done
 */
public record Observations(
    DumpOutcome dump,
    List<String> faultsAfterCrash,
    List<String> registerWritesAfterCrash,
    List<String> detectionLines,
    boolean translatingAtEnd) {

  public Observations {
    faultsAfterCrash = List.copyOf(faultsAfterCrash);
    registerWritesAfterCrash = List.copyOf(registerWritesAfterCrash);
    detectionLines = List.copyOf(detectionLines);
  }
}
