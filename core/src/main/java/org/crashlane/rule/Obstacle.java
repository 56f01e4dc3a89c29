// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Term;
import org.crashlane.interrupt.InterruptPreparation.Hindrance;
import org.crashlane.iommu.TableId;
import org.crashlane.memory.AddressRange;

/** What is in the way of arming, or has to be known of a plan. */
public sealed interface Obstacle extends Evidence {

  /**
   * The range is not memory, or not all of it.
   *
   * @param ranges the memory that there is
   */
  record NoMemory(List<AddressRange> ranges) implements Obstacle {
    public NoMemory {
      ranges = List.copyOf(ranges);
    }
  }

  /**
   * Something lies in the range that must not.
   *
   * @param what what
   * @param range where it is
   */
  record Overlap(Place what, AddressRange range) implements Obstacle {}

  /** What must not lie in a crash range or among new tables. */
  enum Place {
    CRASH_RANGE,
    DEVICE_TABLE,
    PAGE_TABLE,
    INTERRUPT_WINDOW
  }

  /**
   * A table does not reach as far as the crash range.
   *
   * @param crashRange which
   * @param reach all that the table can translate
   */
  record BeyondReach(AddressRange crashRange, AddressRange reach) implements Obstacle {}

  /**
   * Of which table the evidence beside it is.
   *
   * @param table which
   */
  record OfTable(TableId table) implements Obstacle {}

  /**
   * Of which device the evidence beside it is.
   *
   * @param subject which
   */
  record OfDevices(Subject.Requesters subject) implements Obstacle {}

  /**
   * A word of memory that ought to be zero.
   *
   * @param address where
   * @param value what it holds
   */
  record WordInUse(long address, long value) implements Obstacle {}

  /**
   * A word that does not hold what was written.
   *
   * @param address where
   * @param written what was written
   * @param found what it holds
   */
  record ReadsBack(long address, long written, long found) implements Obstacle {}

  /**
   * An IOVA of the crash range that is not mapped.
   *
   * @param iova which
   */
  record NotMapped(long iova) implements Obstacle {}

  /**
   * What a running processor works with.
   *
   * @param register the register that leads to it
   * @param address its physical address
   */
  record InUseByProcessor(String register, long address) implements Obstacle {}

  /**
   * What becomes of interrupts of one source.
   *
   * @param readyCount vectors that arrive as it is
   * @param preparedCount vectors that arrive by entries written
   */
  record InterruptsPrepared(int readyCount, int preparedCount) implements Obstacle {}

  /**
   * What was done to the target before.
   *
   * @param state how far it has come
   * @param journal the file that knows
   */
  record Earlier(EarlierState state, String journal) implements Obstacle {}

  /** How far an earlier arming or disarming has come. */
  enum EarlierState {
    ARMING_CUT_OFF,
    ARMED,
    DISARMING_CUT_OFF,
    /** This one was taken back, since it could not be confirmed. */
    TAKEN_BACK,
    /** The same, but not all of it. */
    NOT_ALL_TAKEN_BACK
  }

  /**
   * Nothing was mapped.
   *
   * @param range what was to be
   * @param reason why it was not
   */
  record NotWritten(AddressRange range, Reason reason) implements Obstacle {}

  /**
   * Interrupts that no entry can be prepared for.
   *
   * @param hindrance which, and why
   */
  record NotPrepared(Hindrance hindrance) implements Obstacle {}

  /**
   * What must hold for prepared entries to be right and to have effect.
   *
   * @param condition what
   */
  record Required(Term condition) implements Obstacle {}
}
