// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

/**
 * What became of a crash: of the dump first, then of other memory. Whether the rule was kept is
 * another question; a dump may be whole though it was broken.
 *
 * @param dump what became of the dump
 * @param memory what DMA did to memory that no driver had given to the device
 */
public record CrashOutcome(Dump dump, Memory memory) {

  /** What became of the dump. */
  public enum Dump {
    /** It is the memory of the panic. */
    WHOLE,
    /** It is, but for pages of the IOMMU's own that the capture kernel had to change. */
    WHOLE_BUT_IOMMU,
    /** There is one, and it is not. */
    DIFFERS,
    NONE,
    /** The capture kernel never came to the dump, for a reason that is none of the IOMMU's. */
    NOT_TRIED,
    /** Something was written, and whether it is a dump is not known. */
    NOT_READ
  }

  /** What DMA did to memory that was not meant for it. */
  public enum Memory {
    UNCHANGED,
    OVERWRITTEN,
    /** The stage does not see what is on the bus. */
    NOT_SEEN
  }

  /** In one word. */
  public enum Grade {
    GOOD,
    BAD,
    UNKNOWN
  }

  /** {@return what was observed} */
  public static CrashOutcome of(Observations observations) {
    Dump dump =
        switch (observations.dump()) {
          case DumpOutcome.Written _ -> Dump.WHOLE;
          case DumpOutcome.WrittenBut _ -> Dump.WHOLE_BUT_IOMMU;
          case DumpOutcome.Damaged _ -> Dump.DIFFERS;
          case DumpOutcome.Missing _ -> Dump.NONE;
          case DumpOutcome.NoRoom _ -> Dump.NOT_TRIED;
          case DumpOutcome.Unread _ -> Dump.NOT_READ;
        };
    Memory memory =
        observations
            .tally()
            .map(t -> t.corruptedByteCount() == 0 ? Memory.UNCHANGED : Memory.OVERWRITTEN)
            .orElse(
                observations.frames().stream().allMatch(frames -> frames.astray().isEmpty())
                    ? Memory.NOT_SEEN
                    : Memory.OVERWRITTEN);
    return new CrashOutcome(dump, memory);
  }

  /**
   * {@return whether that is what the owner of the machine wants} A whole dump is, also where other
   * memory was not seen: what the dump holds of it was compared. So is one that differs where the
   * IOMMU's own tables are, and nowhere else.
   */
  public Grade grade() {
    return switch (dump) {
      case NONE, DIFFERS -> Grade.BAD;
      case WHOLE, WHOLE_BUT_IOMMU -> memory == Memory.OVERWRITTEN ? Grade.BAD : Grade.GOOD;
      case NOT_TRIED, NOT_READ -> memory == Memory.OVERWRITTEN ? Grade.BAD : Grade.UNKNOWN;
    };
  }
}
