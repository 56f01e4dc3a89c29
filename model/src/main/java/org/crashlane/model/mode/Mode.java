// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode;

import java.util.List;
import org.crashlane.machine.LowMemoryNeeds;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.rehearsal.Strategy;

/** One mapping mode: its hardware, and what kernels do with it. Has no state. */
public interface Mode {

  /** {@return what a capture kernel needs below 4 GiB for itself, besides what drivers ask for} */
  default LowMemoryNeeds captureNeeds(MachineSpec machine, Strategy strategy) {
    return LowMemoryNeeds.NONE;
  }

  /** {@return memory that no driver may have for buffers: what lies under an aperture, if any} */
  default List<AddressRange> withheld(MachineSpec machine) {
    return List.of();
  }

  /** {@return the machine's IOMMUs as firmware leaves them: off} */
  Remapper hardware(MachineSpec machine);

  /**
   * Starts the primary kernel's mapping driver: builds tables and switches translation on. Memory
   * that firmware has devices use is mapped for them; no driver has mapped anything.
   *
   * @param frames where tables and pools go; reading them back costs nothing more
   */
  DmaMapping boot(Cpu cpu, MachineSpec machine, PageFrames frames);

  /**
   * Has the capture kernel copy or go on with what the primary left (mainline Linux's way), so that
   * the leftovers stay mapped and its own mappings come beside them.
   *
   * @param frames memory in the crash range
   */
  DmaMapping adopt(Cpu cpu, MachineSpec machine, PageFrames frames);

  /** Has the capture kernel switch translation off and map nothing. */
  DmaMapping off(Cpu cpu, MachineSpec machine, PageFrames frames);

  /**
   * Has the capture kernel block all DMA as far as the hardware can, and then start afresh with
   * tables of its own.
   *
   * @param frames memory in the crash range
   */
  DmaMapping abort(Cpu cpu, MachineSpec machine, PageFrames frames);

  /**
   * Has the capture kernel start the IOMMU afresh, with tables of its own, when no device is at
   * work any more. Where a capture kernel has no use for one it leaves it alone.
   *
   * @param frames memory in the crash range
   */
  DmaMapping afresh(Cpu cpu, MachineSpec machine, PageFrames frames);

  /**
   * {@return the tables of each IOMMU unit as they stand, for the rule's judgement; empty where
   * there is none}
   *
   * @param remapper the machine's hardware, its registers as they are
   */
  List<UnitTables> tables(MachineSpec machine, Remapper remapper, PhysicalMemory memory);
}
