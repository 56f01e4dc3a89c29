// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.BlockReason;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.vtd.FaultReason;
import org.crashlane.iommu.vtd.FirstLevelEntry;
import org.crashlane.iommu.vtd.PasidDirectoryEntry;
import org.crashlane.iommu.vtd.PasidTableEntry;
import org.crashlane.iommu.vtd.ScalableContextEntry;
import org.crashlane.iommu.vtd.SecondLevelEntry;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;
import org.crashlane.pci.RequesterId;

/**
 * How QEMU 10.0 takes a request through first-level tables of VT-d (hw/i386/intel_iommu.c,
 * vtd_iova_to_flpte and vtd_do_iommu_translate), where a PASID table entry leads to some.
 *
 * @param outcome what becomes of the request
 * @param level of the last entry that was read; 0 if none was
 * @param isNarrow true if the field AW makes fewer addresses canonical than the tables do
 */
record FirstLevelAsQemu(Outcome outcome, int level, boolean isNarrow) {
  private static final int LEVELS = 4;
  private static final int GIBIBYTE_LEVEL = 3;

  /** vtd_iova_limit(): 30 bits and 9 for each step of AW, and no more than the unit has. */
  private static final int WIDTH_OF_AW_ZERO = 30;

  private static final int BITS_OF_LEVEL = 9;
  private static final int WIDTH = 48;
  private static final long RESERVED = BitField.bits("reserved", 51, WIDTH).mask();

  /**
   * {@return QEMU's way for {@code probe}; nothing if no present PASID table entry leads to
   * first-level tables}
   */
  static Optional<FirstLevelAsQemu> of(Probe probe, Request request, Comparison comparison) {
    ProbeCase tables = probe.tables();
    RequesterId requester = request.requester();
    long context = ContextWord.scalable(tables, requester);
    long directory = ContextWord.directory(tables, requester);
    long word0 = ContextWord.pasid(tables, requester, 0);
    boolean leads =
        ScalableContextEntry.P.isSet(context)
            && PasidDirectoryEntry.P.isSet(directory)
            && PasidTableEntry.P.isSet(word0)
            && PasidTableEntry.PGTT.get(word0) == PasidTableEntry.PGTT_FIRST_LEVEL;
    if (!comparison.hasFirstLevel() || !leads) {
      return Optional.empty();
    }
    boolean suppressedEarly = ScalableContextEntry.FPD.isSet(context);
    boolean suppressed =
        suppressedEarly
            || PasidDirectoryEntry.FPD.isSet(directory)
            || PasidTableEntry.FPD.isSet(word0);
    long word2 = ContextWord.pasid(tables, requester, 2);
    int width =
        Math.min(WIDTH, WIDTH_OF_AW_ZERO + BITS_OF_LEVEL * (int) PasidTableEntry.AW.get(word0));
    Walk walk = new Walk(comparison.memory(probe), request);
    Optional<FaultReason> reason =
        PasidTableEntry.FLPM.get(word2) != 0
            ? Optional.of(FaultReason.PASID_INVALID)
            : walk.through(PasidTableEntry.FLPTPTR.inPlace(word2), width);
    boolean early = reason.equals(Optional.of(FaultReason.PASID_INVALID));
    Outcome outcome =
        reason
            .<Outcome>map(why ->
                new Outcome.Blocked(
                    new Fault(request, why, !(early ? suppressedEarly : suppressed))))
            .orElseGet(() -> new Outcome.Reached(walk.physical));
    return Optional.of(new FirstLevelAsQemu(outcome, walk.level, width < WIDTH));
  }

  /** {@return true if it is blocked for {@code reason}} */
  boolean blockedFor(BlockReason reason) {
    return outcome instanceof Outcome.Blocked(Fault fault) && fault.why().equals(reason);
  }

  /** {@return true if that is what was seen} */
  boolean saw(Probe probe, Comparison comparison) {
    return comparison.agrees(probe, outcome);
  }

  /** {@return true if the last entry maps a page of 1 GiB, or would} */
  boolean endsInGibibytePage() {
    return level == GIBIBYTE_LEVEL;
  }

  /** A walk under way. */
  private static final class Walk {
    private final PhysicalMemory memory;
    private final Request request;
    private int level;
    private long physical;

    Walk(PhysicalMemory memory, Request request) {
      this.memory = memory;
      this.request = request;
    }

    /** {@return why it is blocked; nothing if it reaches {@link #physical}} */
    Optional<FaultReason> through(long top, int width) {
      long iova = request.iova();
      long above = iova >> (width - 1);
      if (above != 0 && above != -1) {
        return Optional.of(FaultReason.NOT_CANONICAL);
      }
      long table = top;
      for (level = LEVELS; ; level--) {
        long entry;
        try {
          entry = memory.readLong(SecondLevelEntry.LARGEST.entryAddress(table, iova, level));
        } catch (UnreadableMemoryException e) {
          return Optional.of(
              level == LEVELS
                  ? FaultReason.FIRST_LEVEL_TOP_ACCESS
                  : FaultReason.FIRST_LEVEL_ACCESS);
        }
        Optional<FaultReason> wrong = wrong(entry);
        if (wrong.isPresent()) {
          return wrong;
        }
        table = FirstLevelEntry.ADDR.inPlace(entry);
        if (isLeaf(entry)) {
          return reached(table);
        }
      }
    }

    private Optional<FaultReason> wrong(long entry) {
      if (!FirstLevelEntry.P.isSet(entry)) {
        return Optional.of(FaultReason.FIRST_LEVEL_NOT_PRESENT);
      }
      if (!FirstLevelEntry.US.isSet(entry)) {
        return Optional.of(FaultReason.USER_PRIVILEGE);
      }
      if (request.access() == Access.WRITE && !FirstLevelEntry.RW.isSet(entry)) {
        return Optional.of(FaultReason.SCALABLE_NO_WRITE);
      }
      return (entry & reserved(entry)) == 0
          ? Optional.empty()
          : Optional.of(FaultReason.FIRST_LEVEL_RESERVED);
    }

    private long reserved(long entry) {
      if (level == LEVELS) {
        return RESERVED | FirstLevelEntry.PS.mask();
      }
      // The lowest bit of a large page's address is a memory type.
      long belowPage = SecondLevelEntry.LARGEST.entrySpanBytes(level) - 1;
      return level > 1 && isLeaf(entry) ? RESERVED | (belowPage & ~0x1fffL) : RESERVED;
    }

    private boolean isLeaf(long entry) {
      return level == 1 || FirstLevelEntry.PS.isSet(entry);
    }

    private Optional<FaultReason> reached(long page) {
      long bytes = SecondLevelEntry.LARGEST.entrySpanBytes(level);
      long first = page & -bytes;
      physical = first | (request.iova() & (bytes - 1));
      boolean inRange =
          first <= InterruptWindow.RANGE.last()
              && first + bytes - 1 >= InterruptWindow.RANGE.first();
      return inRange ? Optional.of(FaultReason.SCALABLE_INTERRUPT_RANGE) : Optional.empty();
    }
  }
}
