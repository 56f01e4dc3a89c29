// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

/**
 * How much one judgement may look at, over all address spaces of a machine: tables are hostile, and
 * a few pages that point at each other may stand for any number of mappings.
 *
 * @param tablePageCount table pages read
 * @param mappingCount runs of mappings told
 */
public record AuditLimits(int tablePageCount, long mappingCount) {
  /** 4 GiB of tables, and more runs than a large server has pages mapped. */
  public static final AuditLimits DEFAULT = new AuditLimits(1 << 20, 1L << 24);

  public AuditLimits {
    if (tablePageCount < 1 || mappingCount < 1) {
      throw new IllegalArgumentException(
          "audit limits below 1: " + tablePageCount + ", " + mappingCount);
    }
  }
}
