// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.Arrays;
import java.util.Collection;
import java.util.stream.LongStream;
import org.crashlane.iommu.Geometry;
import org.crashlane.memory.AddressRange;

/** What all walks of one judgement share: how much may still be looked at, and the pages met. */
final class AuditBudget {
  private static final int INITIAL_PAGES = 64;

  private final AuditLimits limits;
  private long[] tablePages = new long[INITIAL_PAGES];
  private int tablePageCount;
  private long mappingCount;

  AuditBudget(AuditLimits limits) {
    this.limits = limits;
  }

  /** A table that is larger than the smallest page there is counts as several. */
  void table(long address, long sizeBytes) {
    long end = address + sizeBytes;
    for (long page = address; page < end; page += Geometry.PAGE_BYTES_MIN) {
      if (tablePageCount == tablePages.length) {
        tablePages = Arrays.copyOf(tablePages, 2 * tablePageCount);
      }
      tablePages[tablePageCount++] = page;
    }
  }

  /** {@return all pages of {@code ranges}, of the size in which tables are noted} */
  static LongStream pages(Collection<AddressRange> ranges) {
    return ranges.stream()
        .flatMapToLong(range ->
            LongStream.range(0, Math.ceilDiv(range.sizeBytes(), (long) Geometry.PAGE_BYTES_MIN))
                .map(n -> range.first() + n * Geometry.PAGE_BYTES_MIN));
  }

  void mapping() {
    mappingCount++;
  }

  /** {@return true once no further page may be read} */
  boolean isSpent() {
    return tablePageCount >= limits.tablePageCount() || mappingCount >= limits.mappingCount();
  }

  /** {@return the pages that the tables are made of, as often as they were met} */
  long[] tablePages() {
    return Arrays.copyOf(tablePages, tablePageCount);
  }
}
