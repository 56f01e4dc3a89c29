// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.amdvi.PageTableEntry;
import org.crashlane.iommu.vtd.SecondLevelEntry;
import org.crashlane.memory.Absence;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;

/** Deliberate faults in the reader of tables. */
enum ReaderMutant implements UnitFactory {
  /** The last entry alone decides on the rights: those above are as good as all. */
  FORGETS_THE_RIGHTS_OF_UPPER_LEVELS {
    @Override
    public Iommu unit(ProbeMachine machine, PhysicalMemory memory, long root) {
      long rights =
          switch (machine.registers()) {
            case UnitRegisters.Vtd _ -> SecondLevelEntry.R.mask() | SecondLevelEntry.W.mask();
            case UnitRegisters.Amdvi _ -> PageTableEntry.IR.mask() | PageTableEntry.IW.mask();
          };
      return TableReader.FACTORY.unit(machine, new AllRightsAbove(memory, machine, rights), root);
    }
  },

  /** Of the offset in a page of 2 MiB or more the top bit is lost. */
  LOSES_AN_OFFSET_BIT_OF_LARGE_PAGES {
    @Override
    public Iommu unit(ProbeMachine machine, PhysicalMemory memory, long root) {
      Iommu sound = TableReader.FACTORY.unit(machine, memory, root);
      return request ->
          sound.translate(request) instanceof Outcome.Reached(long address)
                  && address != request.iova()
                  && (address ^ request.iova()) % LARGE_PAGE_BYTES == 0
              ? new Outcome.Reached(address & ~(LARGE_PAGE_BYTES / 2))
              : sound.translate(request);
    }
  },

  /** Everything is beyond it. */
  KNOWS_NOTHING {
    @Override
    public Iommu unit(ProbeMachine machine, PhysicalMemory memory, long root) {
      return _ -> new Outcome.Unknown(0, Reason.of(Absence.NO_MEMORY));
    }
  };

  private static final long LARGE_PAGE_BYTES = 2 << 20;

  /** Memory in which each present entry that leads to another table leaves all rights. */
  private record AllRightsAbove(PhysicalMemory memory, ProbeMachine machine, long rights)
      implements PhysicalMemory {

    @Override
    public String source() {
      return memory.source();
    }

    @Override
    public List<AddressRange> ranges() {
      return memory.ranges();
    }

    @Override
    public long readLong(long address) {
      long word = memory.readLong(address);
      boolean leadsToTable =
          machine.hasTablesAt(address) && machine.hasTablesAt(SecondLevelEntry.ADDR.inPlace(word));
      return leadsToTable && (word & rights) != 0 ? word | rights : word;
    }

    @Override
    public void readLongs(long address, long[] into, int count) {
      for (int i = 0; i < count; i++) {
        into[i] = readLong(address + (long) i * Long.BYTES);
      }
    }

    @Override
    public void read(long address, byte[] into, int offset, int length) {
      memory.read(address, into, offset, length);
    }
  }
}
