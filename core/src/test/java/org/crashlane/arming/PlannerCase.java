// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;
import org.crashlane.arming.Refusal.Kind;
import org.crashlane.iommu.Window;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;

/** A machine to be planned for, and what a plan or a refusal has to be like. */
abstract class PlannerCase {
  static final Target TARGET = new Target("memory", "memory of the test");

  final VtdMachine machine = VtdMachine.buildIn(SparseMemory.ofSize(VtdMachine.MEMORY_BYTES));

  ArmingPlan planned(PlanRequest request) {
    return assertInstanceOf(PlanResult.Planned.class, machine.plan(request)).plan();
  }

  /** The reasons, each of the wanted kind. */
  List<Refusal> refused(Kind kind, PlanRequest request) {
    long before = checksum();
    List<Refusal> reasons = assertInstanceOf(Refused.class, machine.plan(request)).reasons();
    assertEquals(before, checksum(), "a refusal must not write");
    reasons.forEach(reason -> assertEquals(kind, reason.kind(), reason::toString));
    return reasons;
  }

  /** A checksum of all memory. */
  long checksum() {
    CRC32C crc = new CRC32C();
    byte[] block = new byte[0x100000];
    for (long at = 0; at < VtdMachine.MEMORY_BYTES; at += block.length) {
      int length = (int) Math.min(block.length, VtdMachine.MEMORY_BYTES - at);
      machine.memory().read(at, block, 0, length);
      crc.update(block, 0, length);
    }
    return crc.getValue();
  }

  static PlanRequest request(AddressRange crash, Optional<AddressRange> arena) {
    return new PlanRequest(
        TARGET, Window.ofCrashRanges(List.of(crash)), Set.of(), arena, VtdMachine.earlier());
  }
}
