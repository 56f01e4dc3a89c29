// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.calgary;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.calgary.Tce;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.DraftMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.MapAttempt.Why;
import org.crashlane.rehearsal.ArmReport;
import org.crashlane.rehearsal.ArmingCost;

/** Maps ranges to themselves, table by table, and counts what that took. */
final class Arming {
  private final ChipDriver driver;
  private final List<AddressRange> ranges;
  private final List<Mapping> conflicts = new ArrayList<>();
  private final List<Reason> refusals = new ArrayList<>();
  private long entryCount;

  Arming(ChipDriver driver, List<AddressRange> ranges) {
    this.driver = driver;
    this.ranges = List.copyOf(ranges);
  }

  void refuse(int phb, Reason.Detail... why) {
    Reason refusal = driver.failed(Why.NOT_ARMED, phb);
    for (Reason.Detail detail : why) {
      refusal = refusal.with(detail);
    }
    refusals.add(refusal);
  }

  /**
   * Maps all ranges or none. The chip is flushed then: it may keep an entry of the primary's for an
   * IOVA of the crash range that was freed since, and nobody flushes after the crash.
   */
  void arm(Cpu cpu, int phb, BridgeTable table) {
    if (isPossible(DraftMemory.over(cpu.memory()), phb, table)) {
      for (AddressRange range : ranges) {
        if (map(cpu.memory(), table, range) instanceof MapResult.Mapped mapped) {
          entryCount += mapped.leafCount();
        }
      }
      driver.flush(cpu, phb);
    }
  }

  private boolean isPossible(WritableMemory draft, int phb, BridgeTable table) {
    boolean possible = true;
    for (AddressRange range : ranges) {
      switch (map(draft, table, range)) {
        case MapResult.Mapped _ -> {
          // The next range decides.
        }
        case MapResult.Conflict conflict -> {
          conflicts.addAll(conflict.conflicts());
          possible = false;
        }
        case MapResult.Refused refused -> {
          refuse(
              phb,
              new Reason.Addresses(range.first(), range.last()),
              new Reason.Because(refused.reason()));
          possible = false;
        }
      }
    }
    return possible;
  }

  private static MapResult map(WritableMemory memory, BridgeTable table, AddressRange range) {
    return table.table().map(memory, Mapping.identity(range), table.reserved());
  }

  ArmReport report() {
    return new ArmReport(
        new ArmingCost(0, entryCount, entryCount * Tce.BYTES, 0), conflicts, refusals);
  }
}
