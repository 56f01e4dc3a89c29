// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.memory.PhysicalMemory;

/**
 * One PHB with the memory that its table is in: a {@link HostBridge} that keeps no entries, so that
 * every change of the table is seen at once.
 */
public final class Unit implements Iommu {
  private final PhysicalMemory memory;
  private final HostBridge bridge;

  /**
   * @param memory where the table is
   * @param config how its registers are set at first
   */
  public Unit(PhysicalMemory memory, UnitConfig config) {
    this.memory = memory;
    this.bridge = new HostBridge(config, TceCache.none());
  }

  /** {@return the channel status register: not zero in its error bits once a request faulted} */
  public long csr() {
    return bridge.csr();
  }

  /** Writes the channel status register; Linux writes 0 when it has read an error. */
  public void writeCsr(long value) {
    bridge.writeCsr(value);
  }

  /** Writes the configuration register. */
  public void writeConfigRw(long value) {
    bridge.writeConfigRw(value);
  }

  /** Writes the table address register. */
  public void writeTar(long value) {
    bridge.writeTar(value);
  }

  @Override
  public Outcome translate(Request request) {
    return bridge.translate(memory, request);
  }
}
