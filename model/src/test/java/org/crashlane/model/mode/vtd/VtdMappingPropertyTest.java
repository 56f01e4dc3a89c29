// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import org.crashlane.model.mode.paging.PagedMappingProperty;
import org.crashlane.model.spec.Era;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is mapped is reached and nothing else, whatever was mapped before. */
class VtdMappingPropertyTest {

  @ParameterizedTest(name = "seed {0}, {1}, caches absence: {2}")
  @CsvSource({
    "1, LINUX_6, false",
    "2, LINUX_6, true",
    "3, LINUX_2_6_27, false",
    "4, LINUX_2_6_27, true",
    "5, LINUX_6, false",
    "6, LINUX_6, true"
  })
  void devicesReachWhatIsMappedAndNothingElse(long seed, Era era, boolean cachesAbsent) {
    PagedMappingProperty.holds(new VtdMachine(era, true, cachesAbsent), seed);
  }
}
