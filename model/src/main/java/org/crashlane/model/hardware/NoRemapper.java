// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.spec.MachineSpec;

/** No IOMMU: every request goes where it says. */
public final class NoRemapper implements Remapper {

  /** Makes the hardware of a machine without an IOMMU. */
  public NoRemapper() {
    // It has no state.
  }

  @Override
  public Outcome translate(WritableMemory memory, Request request) {
    return InterruptWindow.contains(request.iova())
        ? new Outcome.Interrupt()
        : new Outcome.Reached(request.iova());
  }

  @Override
  public List<Reason> explain(PhysicalMemory memory, Request request) {
    return List.of(
        Reason.of(Found.NO_IOMMU), Reason.of(Found.PASSES, new Reason.Value(request.iova())));
  }

  @Override
  public boolean isTranslating() {
    return false;
  }

  @Override
  public List<UnitTables> tables(MachineSpec machine, PhysicalMemory memory) {
    return List.of();
  }

  @Override
  public List<Fault> takeFaults() {
    return List.of();
  }

  @Override
  public Remapper fork() {
    return this;
  }

  @Override
  public void addTo(Fingerprint into) {
    // It has no state.
  }
}
