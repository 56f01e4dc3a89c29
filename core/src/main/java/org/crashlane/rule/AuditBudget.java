// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.Arrays;

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

  void tablePage(long address) {
    if (tablePageCount == tablePages.length) {
      tablePages = Arrays.copyOf(tablePages, 2 * tablePageCount);
    }
    tablePages[tablePageCount++] = address;
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
