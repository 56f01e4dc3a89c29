// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import java.util.Optional;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;

/** What a unit of x86 hardware does before it looks into any table. */
public final class BeforeTables {
  private BeforeTables() {}

  /**
   * {@return what becomes of {@code request}, or nothing if the tables decide}
   *
   * @param translates true if the unit translates
   */
  public static Optional<Outcome> of(Request request, boolean translates) {
    if (InterruptWindow.contains(request.iova())) {
      return Optional.of(new Outcome.Interrupt());
    }
    return translates ? Optional.empty() : Optional.of(new Outcome.Reached(request.iova()));
  }
}
