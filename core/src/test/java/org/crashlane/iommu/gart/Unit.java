// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.memory.PhysicalMemory;

/** The GART of one northbridge, with the memory that its table is in and all that it remembers. */
public final class Unit implements Iommu {
  private final PhysicalMemory memory;
  private final Redirection redirection;
  private final CacheState cache;

  /**
   * @param memory where the table is
   * @param config how the registers are set
   * @param cache what the unit remembers; changed by requests
   */
  public Unit(PhysicalMemory memory, UnitConfig config, CacheState cache) {
    this.memory = memory;
    this.redirection = new Redirection(config);
    this.cache = cache;
  }

  @Override
  public Outcome translate(Request request) {
    return redirection.translate(memory, cache, request);
  }

  /**
   * {@return what becomes of a CPU's read or write, see {@link Redirection#accessByCpu}}
   *
   * @param address the physical address that the CPU asks for
   */
  public CpuOutcome accessByCpu(long address) {
    return redirection.accessByCpu(memory, cache, address);
  }
}
