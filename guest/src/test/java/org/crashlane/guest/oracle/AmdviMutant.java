// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import org.crashlane.iommu.Access;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.amdvi.FaultReason;

/**
 * An AMD-Vi unit that blocks all it should let through, for one reason: most reasons are those of
 * quirks, which must not explain what is not there.
 *
 * @param reason the reason
 */
record AmdviMutant(FaultReason reason) implements Mutant {
  @Override
  public Outcome change(Request request, Outcome right) {
    return right instanceof Outcome.Reached && request.access() == Access.READ
        ? new Outcome.Blocked(new Fault(request, reason, true))
        : right;
  }
}
