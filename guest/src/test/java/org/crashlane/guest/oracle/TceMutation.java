// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import org.crashlane.iommu.calgary.Tce;
import org.crashlane.iommu.calgary.TceTable;
import org.crashlane.memory.WritableMemory;

/** Deliberate faults in one entry of an armed crash range: each must be found out. */
enum TceMutation {
  MISSING_READ {
    @Override
    long word(long page) {
      return Tce.toMemory(page | Tce.W.mask());
    }
  },
  MISSING_WRITE {
    @Override
    long word(long page) {
      return Tce.toMemory(page | Tce.R.mask());
    }
  },
  NO_RIGHTS {
    @Override
    long word(long page) {
      return Tce.toMemory(page);
    }
  },
  FORGOTTEN {
    @Override
    long word(long page) {
      return Tce.FREE;
    }
  },
  LITTLE_ENDIAN {
    @Override
    long word(long page) {
      return right(page);
    }
  },
  HALVES_SWAPPED {
    @Override
    long word(long page) {
      return Long.rotateLeft(Tce.toMemory(right(page)), Integer.SIZE);
    }
  },
  LITTLE_ENDIAN_HALVES {
    @Override
    long word(long page) {
      return Long.rotateLeft(right(page), Integer.SIZE);
    }
  },
  RIGHTS_IN_IBM_BIT_NUMBERS {
    @Override
    long word(long page) {
      return Tce.toMemory(page | Long.reverse(Tce.R.mask() | Tce.W.mask()));
    }
  },
  NEXT_PAGE {
    @Override
    long word(long page) {
      return Tce.toMemory(right(page + Tce.PAGE_BYTES));
    }
  },
  PREVIOUS_PAGE {
    @Override
    long word(long page) {
      return Tce.toMemory(right(page - Tce.PAGE_BYTES));
    }
  },
  PAGE_NUMBER_NOT_IN_ITS_PLACE {
    @Override
    long word(long page) {
      return Tce.toMemory(right(page / Tce.PAGE_BYTES));
    }
  },
  ONE_ADDRESS_BIT_LOST {
    @Override
    long word(long page) {
      return Tce.toMemory(right(page & ~Long.highestOneBit(page)));
    }
  },
  ENTRY_ONE_EARLY {
    @Override
    long word(long page) {
      return Tce.toMemory(right(page + Tce.PAGE_BYTES));
    }

    @Override
    void spoil(WritableMemory memory, TceTable table, long page) {
      super.spoil(memory, table, page);
      memory.writeLong(table.entryAddress(page - Tce.PAGE_BYTES), Tce.toMemory(right(page)));
    }
  },
  ENTRY_ONE_LATE {
    @Override
    long word(long page) {
      return Tce.toMemory(right(page - Tce.PAGE_BYTES));
    }

    @Override
    void spoil(WritableMemory memory, TceTable table, long page) {
      super.spoil(memory, table, page);
      memory.writeLong(table.entryAddress(page + Tce.PAGE_BYTES), Tce.toMemory(right(page)));
    }
  };

  /** {@return what stands in memory as the entry for {@code page}} */
  abstract long word(long page);

  /** Puts the fault into an armed table, at {@code page}, which is not at the range's edge. */
  void spoil(WritableMemory memory, TceTable table, long page) {
    memory.writeLong(table.entryAddress(page), word(page));
  }

  private static long right(long page) {
    return page | Tce.R.mask() | Tce.W.mask();
  }
}
