// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import org.crashlane.bits.Reason;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.vtd.FaultReason;
import org.crashlane.memory.Absence;

/** Deliberate faults in a VT-d unit. */
enum VtdMutant implements Mutant {
  ALLOWS_WRITES {
    @Override
    public Outcome change(Request request, Outcome right) {
      return right instanceof Outcome.Blocked(Fault fault)
              && fault.reason() == FaultReason.NO_WRITE_PERMISSION.code()
          ? new Outcome.Reached(request.iova())
          : right;
    }
  },
  CONFUSES_TWO_REASONS {
    @Override
    public Outcome change(Request request, Outcome right) {
      return right instanceof Outcome.Blocked(Fault fault)
              && fault.reason() == FaultReason.ROOT_ACCESS.code()
          ? blocked(request, FaultReason.CONTEXT_ACCESS, fault.recorded())
          : right;
    }
  },
  RECORDS_ALL_FAULTS {
    @Override
    public Outcome change(Request request, Outcome right) {
      return right instanceof Outcome.Blocked(Fault fault)
          ? new Outcome.Blocked(new Fault(request, fault.why(), true))
          : right;
    }
  },
  RECORDS_NO_RESERVED_CONTEXT_FIELDS {
    @Override
    public Outcome change(Request request, Outcome right) {
      return right instanceof Outcome.Blocked(Fault fault)
              && fault.reason() == FaultReason.CONTEXT_RESERVED.code()
          ? blocked(request, FaultReason.CONTEXT_RESERVED, false)
          : right;
    }
  },
  HAS_NO_INTERRUPT_WINDOW {
    @Override
    public Outcome change(Request request, Outcome right) {
      return right instanceof Outcome.Interrupt
          ? blocked(request, FaultReason.NO_READ_PERMISSION, true)
          : right;
    }
  },
  BLAMES_THE_NEXT_PAGE {
    @Override
    public Outcome change(Request request, Outcome right) {
      if (right instanceof Outcome.Blocked(Fault fault)) {
        long next = request.iova() + PAGE_BYTES;
        Request blamed = new Request(request.requester(), next, request.access());
        return new Outcome.Blocked(new Fault(blamed, fault.why(), fault.recorded()));
      }
      return right;
    }
  },
  DOES_NOT_KNOW {
    @Override
    public Outcome change(Request request, Outcome right) {
      return right instanceof Outcome.Blocked(Fault fault)
              && fault.reason() == FaultReason.TABLE_ACCESS.code()
          ? new Outcome.Unknown(0, Reason.of(Absence.NO_MEMORY))
          : right;
    }
  };

  private static final int PAGE_BYTES = 4096;

  private static Outcome blocked(Request request, FaultReason reason, boolean recorded) {
    return new Outcome.Blocked(new Fault(request, reason, recorded));
  }
}
