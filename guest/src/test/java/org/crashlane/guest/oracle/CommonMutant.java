// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import org.crashlane.iommu.Access;
import org.crashlane.iommu.BlockReason;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;

/** Deliberate faults in a unit of any vendor. */
enum CommonMutant implements Mutant {
  FORBIDS_WRITES {
    @Override
    public Outcome change(Request request, Outcome right) {
      return right instanceof Outcome.Reached && request.access() == Access.WRITE
          ? new Outcome.Blocked(new Fault(request, new BlockReason.Unknown(0), true))
          : right;
    }
  },
  MISSES_BY_A_WORD {
    @Override
    public Outcome change(Request request, Outcome right) {
      return right instanceof Outcome.Reached(long address)
          ? new Outcome.Reached(address ^ Long.BYTES)
          : right;
    }
  },
  LETS_PASS_WHAT_IS_BLOCKED {
    @Override
    public Outcome change(Request request, Outcome right) {
      return right instanceof Outcome.Blocked ? new Outcome.Reached(IN_MEMORY) : right;
    }
  };

  private static final long IN_MEMORY = 1 << 24;
}
