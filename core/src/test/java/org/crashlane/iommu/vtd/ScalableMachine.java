// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.memory.SparseMemory;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.BeforeEach;

/** Two devices that go through one second-level table by the entry of RID_PASID. */
abstract class ScalableMachine {
  static final RequesterId LOWER = RequesterId.parse("00:04.0");

  static final RequesterId UPPER = RequesterId.parse("00:1f.2");

  static final long ROOT = 0x100000;

  static final long LOWER_CONTEXT = 0x101000;

  static final long UPPER_CONTEXT = 0x102000;

  static final long DIRECTORY = 0x103000;

  static final long PASID_TABLE = 0x104000;

  static final long TOP = 0x105000;

  static final long L3 = 0x106000;

  static final long L2 = 0x107000;

  static final long L1 = 0x108000;

  static final long PASID = 0x4321;

  static final long ENTRY = PASID_TABLE + (PASID & 0x3f) * 64;

  static final long LOWER_ENTRY = LOWER_CONTEXT + LOWER.devfn() * 32L;

  static final long UPPER_ENTRY = UPPER_CONTEXT + (UPPER.devfn() - 128) * 32L;

  static final long DIRECTORY_ENTRY = DIRECTORY + (PASID >> 6) * 8;

  static final Capabilities ALL = new Capabilities(capabilities(), extended());

  SparseMemory memory;

  UnitConfig config;

  static long capabilities() {
    long cap = VtdFixture.WIDE.cap();
    return Registers.Cap.FL1GP.with(Registers.Cap.FL5LP.with(cap, 1), 1);
  }

  static long extended() {
    long ecap = VtdFixture.WIDE.ecap();
    for (var field :
        List.of(
            Registers.Ecap.SMTS,
            Registers.Ecap.SLTS,
            Registers.Ecap.FLTS,
            Registers.Ecap.NEST,
            Registers.Ecap.RPS,
            Registers.Ecap.RPRIVS,
            Registers.Ecap.SRS)) {
      ecap = field.with(ecap, 1);
    }
    return ecap;
  }

  @BeforeEach
  void attachBothDevicesToOneSecondLevelTable() {
    memory = SparseMemory.ofSize(1L << 34);
    config =
        UnitConfig.translating(
            ALL, 46, Registers.Rtaddr.TTM.with(ROOT, Registers.Rtaddr.TTM_SCALABLE));
    memory.writeLong(ROOT, ScalableRootEntry.pointingTo(LOWER_CONTEXT));
    memory.writeLong(ROOT + 8, ScalableRootEntry.pointingTo(UPPER_CONTEXT));
    for (long entry : new long[] {LOWER_ENTRY, UPPER_ENTRY}) {
      memory.writeLong(entry, DIRECTORY | 1 | ScalableContextEntry.PDTS.of(3));
      memory.writeLong(entry + 8, PASID);
    }
    memory.writeLong(DIRECTORY_ENTRY, PASID_TABLE | 1);
    type(PasidTableEntry.PGTT_SECOND_LEVEL);
    memory.writeLong(ENTRY + 8, 77);
    memory.writeLong(TOP, SecondLevelEntry.table(L3));
    memory.writeLong(L3, SecondLevelEntry.table(L2));
    memory.writeLong(L2, SecondLevelEntry.table(L1));
    memory.writeLong(L1, SecondLevelEntry.leaf(0x80_0000, 1, Permissions.READ_WRITE));
  }

  void type(int type) {
    long word0 = PasidTableEntry.PGTT.of(type) | PasidTableEntry.P.of(1);
    if (type == PasidTableEntry.PGTT_FIRST_LEVEL) {
      memory.writeLong(ENTRY, word0);
      memory.writeLong(ENTRY + 16, TOP);
    } else {
      memory.writeLong(ENTRY, word0 | PasidTableEntry.AW.of(2) | TOP);
    }
  }

  void change(long address, long bits) {
    memory.writeLong(address, memory.readLong(address) ^ bits);
  }

  Outcome translate(RequesterId requester, long iova, Access access) {
    return new Unit(config).uncached(memory).translate(new Request(requester, iova, access));
  }

  void assertFault(FaultReason reason, Access access, long iova, boolean recorded) {
    Request request = new Request(LOWER, iova, access);
    assertEquals(
        new Outcome.Blocked(new Fault(request, reason, recorded)), translate(LOWER, iova, access));
  }

  VtdTables tables() {
    return VtdTables.open(memory, VtdFixture.registers(config), new HostFacts(46));
  }

  UnitConfig without(org.crashlane.bits.BitField capability) {
    Capabilities less = new Capabilities(ALL.cap(), capability.with(ALL.ecap(), 0));
    return UnitConfig.translating(less, 46, config.rootTableAddress());
  }

  void firstLevel(long leaf) {
    for (long[] link : new long[][] {{TOP, L3}, {L3, L2}, {L2, L1}}) {
      memory.writeLong(link[0], link[1] | 0b111);
    }
    memory.writeLong(L1, leaf);
  }
}
