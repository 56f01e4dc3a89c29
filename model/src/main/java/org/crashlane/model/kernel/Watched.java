// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

/** A mapping driver that looks for errors of its IOMMU from time to time. */
public interface Watched {

  /** Looks once, and does what the kernel does about errors. */
  void watchdog(Cpu cpu);
}
