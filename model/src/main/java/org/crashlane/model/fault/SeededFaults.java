// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import java.util.List;
import java.util.stream.Stream;
import org.crashlane.rehearsal.MappingMode;

/** The list of all mistakes that are seeded to see whether they are caught. */
public final class SeededFaults {
  private static final List<SeededFault> ALL =
      Stream.of(
              SwiotlbFaults.ALL,
              GartFaults.ALL,
              CalgaryFaults.ALL,
              SharedArmingFaults.of(MappingMode.CALGARY),
              VtdFaults.ALL,
              PagingFaults.of(VtdFaults.WORDS),
              PagingArmingFaults.of(VtdFaults.WORDS),
              SharedArmingFaults.of(MappingMode.VTD),
              AmdviFaults.ALL,
              PagingFaults.of(AmdviFaults.WORDS),
              PagingArmingFaults.of(AmdviFaults.WORDS),
              SharedArmingFaults.of(MappingMode.AMDVI))
          .flatMap(List::stream)
          .toList();

  private SeededFaults() {}

  /** {@return all, mode by mode} */
  public static List<SeededFault> all() {
    return ALL;
  }
}
