// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import org.crashlane.iommu.Access;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.vtd.FaultReason;

/** Deliberate faults in a unit: a comparison that does not find each of them is worth nothing. */
enum Mutant {
  FORBIDS_WRITES {
    @Override
    Outcome change(Request request, Outcome right) {
      return right instanceof Outcome.Reached && request.access() == Access.WRITE
          ? blocked(request, FaultReason.NO_WRITE_PERMISSION, true)
          : right;
    }
  },
  ALLOWS_WRITES {
    @Override
    Outcome change(Request request, Outcome right) {
      return right instanceof Outcome.Blocked(Fault fault)
              && fault.reason() == FaultReason.NO_WRITE_PERMISSION.code()
          ? new Outcome.Reached(request.iova())
          : right;
    }
  },
  MISSES_BY_A_WORD {
    @Override
    Outcome change(Request request, Outcome right) {
      return right instanceof Outcome.Reached(long address)
          ? new Outcome.Reached(address ^ Long.BYTES)
          : right;
    }
  },
  CONFUSES_TWO_REASONS {
    @Override
    Outcome change(Request request, Outcome right) {
      return right instanceof Outcome.Blocked(Fault fault)
              && fault.reason() == FaultReason.ROOT_ACCESS.code()
          ? blocked(request, FaultReason.CONTEXT_ACCESS, fault.recorded())
          : right;
    }
  },
  RECORDS_ALL_FAULTS {
    @Override
    Outcome change(Request request, Outcome right) {
      return right instanceof Outcome.Blocked(Fault fault)
          ? new Outcome.Blocked(new Fault(request, fault.reason(), fault.meaning(), true))
          : right;
    }
  },
  RECORDS_NO_RESERVED_CONTEXT_FIELDS {
    @Override
    Outcome change(Request request, Outcome right) {
      return right instanceof Outcome.Blocked(Fault fault)
              && fault.reason() == FaultReason.CONTEXT_RESERVED.code()
          ? blocked(request, FaultReason.CONTEXT_RESERVED, false)
          : right;
    }
  },
  HAS_NO_INTERRUPT_WINDOW {
    @Override
    Outcome change(Request request, Outcome right) {
      return right instanceof Outcome.Interrupt
          ? blocked(request, FaultReason.NO_READ_PERMISSION, true)
          : right;
    }
  },
  BLAMES_THE_NEXT_PAGE {
    @Override
    Outcome change(Request request, Outcome right) {
      if (right instanceof Outcome.Blocked(Fault fault)) {
        long next = request.iova() + PAGE_BYTES;
        Request blamed = new Request(request.requester(), next, request.access());
        return new Outcome.Blocked(
            new Fault(blamed, fault.reason(), fault.meaning(), fault.recorded()));
      }
      return right;
    }
  },
  DOES_NOT_KNOW {
    @Override
    Outcome change(Request request, Outcome right) {
      return right instanceof Outcome.Blocked(Fault fault)
              && fault.reason() == FaultReason.TABLE_ACCESS.code()
          ? new Outcome.Unknown(0, "no reason")
          : right;
    }
  };

  private static final int PAGE_BYTES = 4096;

  /** {@return what the unit with the fault says instead of {@code right}} */
  abstract Outcome change(Request request, Outcome right);

  /** {@return units as {@code sound} makes them, with the fault} */
  UnitFactory over(UnitFactory sound) {
    return (machine, memory, root) ->
        request -> change(request, sound.unit(machine, memory, root).translate(request));
  }

  private static Outcome blocked(Request request, FaultReason reason, boolean recorded) {
    return new Outcome.Blocked(new Fault(request, reason.code(), reason.meaning(), recorded));
  }
}
