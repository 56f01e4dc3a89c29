// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.List;
import java.util.Map;

/**
 * What came of holding many probes against a unit.
 *
 * @param probeCount probes compared
 * @param explained how many differed by a known quirk of the machine, for each quirk that was met
 * @param differenceCount how many differed otherwise
 * @param differences the first of those, each printable in one line
 */
public record ReplayResult(
    long probeCount,
    Map<QemuQuirk, Long> explained,
    long differenceCount,
    List<Difference> differences) {

  public ReplayResult {
    explained = Map.copyOf(explained);
    differences = List.copyOf(differences);
  }

  /** {@return how many differed by a known quirk, of whatever kind} */
  public long explainedCount() {
    return explained.values().stream().mapToLong(Long::longValue).sum();
  }

  /** {@return true if nothing differs that is not explained} */
  public boolean agrees() {
    return differenceCount == 0;
  }
}
