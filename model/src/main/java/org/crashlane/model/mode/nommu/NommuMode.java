// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.nommu;

import org.crashlane.model.hardware.NoRemapper;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.Mode;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.rehearsal.Strategy;

/** No IOMMU. There is nothing to set up, to adopt, to switch off or to block by. */
public final class NommuMode implements Mode {

  @Override
  public Remapper hardware(MachineSpec machine) {
    return new NoRemapper();
  }

  @Override
  public DmaMapping boot(Cpu cpu, MachineSpec machine, PageFrames frames) {
    return new DirectMapping(machine.era());
  }

  @Override
  public DmaMapping capture(Strategy strategy, Cpu cpu, MachineSpec machine, PageFrames frames) {
    return new DirectMapping(machine.era());
  }
}
