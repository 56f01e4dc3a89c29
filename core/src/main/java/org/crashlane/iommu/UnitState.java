// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import java.util.List;

/**
 * What the registers of one IOMMU say.
 *
 * @param translating true if it translates; false if DMA passes untouched
 * @param cachesAbsent true if entries that are not present may be cached, so that adding a mapping
 *     needs an invalidation (VT-d: CAP.CM)
 * @param interruptsRemapped true if it remaps interrupts
 * @param rootAddress physical address of the device tables
 * @param description the decoded registers, one line each, for reports
 */
public record UnitState(
    boolean translating,
    boolean cachesAbsent,
    boolean interruptsRemapped,
    long rootAddress,
    List<String> description) {

  public UnitState {
    description = List.copyOf(description);
  }
}
