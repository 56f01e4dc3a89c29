// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.vtd.SecondLevelEntry;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.mode.paging.DriverTables;
import org.crashlane.model.spec.Era;

/**
 * How Linux's driver writes second-level tables ({@code pfn_to_dma_pte}, {@code __domain_mapping};
 * 2.6.27: {@code addr_to_dma_pte}, {@code domain_page_mapping}).
 *
 * <p>The driver takes every present entry above the leaves for a table, a large leaf too: who puts
 * large leaves where the driver may hand IOVAs out has it write its entries into the page that the
 * leaf maps. And an entry that is there already it does not replace: 2.6.27 stops there ({@code
 * BUG_ON}), later kernels print that it is "already set" and go on. Of a large leaf later kernels
 * take out all, where 2.6.27 looks for the leaf of 4 KiB in the page that it maps.
 */
final class SecondLevelTables extends DriverTables {
  private final Era era;

  SecondLevelTables(Era era) {
    this.era = era;
  }

  @Override
  protected long leaf(long physical, Permissions permissions) {
    return SecondLevelEntry.leaf(physical, 1, permissions);
  }

  @Override
  protected long table(int level, long address) {
    return SecondLevelEntry.table(address);
  }

  @Override
  protected boolean leadsOn(long entry) {
    return SecondLevelEntry.R.isSet(entry) || SecondLevelEntry.W.isSet(entry);
  }

  @Override
  protected long target(long entry) {
    return SecondLevelEntry.ADDR.inPlace(entry);
  }

  @Override
  protected Result writeLeaf(WritableMemory memory, long at, long leaf) {
    long before = memory.readLong(at);
    return switch (era) {
      case LINUX_2_6_27 -> {
        if (SecondLevelEntry.ADDR.isSet(before)) {
          yield Result.BUG;
        }
        memory.writeLong(at, leaf);
        yield Result.MAPPED;
      }
      case LINUX_6 -> {
        if (before == 0) {
          memory.writeLong(at, leaf);
        }
        yield Result.MAPPED;
      }
    };
  }

  @Override
  protected boolean isClearedWhole(long entry) {
    return era == Era.LINUX_6 && SecondLevelEntry.PS.isSet(entry) && leadsOn(entry);
  }
}
