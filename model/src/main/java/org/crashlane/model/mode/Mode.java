// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode;

import java.util.List;
import org.crashlane.machine.LowMemoryNeeds;
import org.crashlane.memory.AddressRange;
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
   * Has the capture kernel deal with the IOMMU as {@code strategy} says, and {@return its mapping
   * driver}
   *
   * <ul>
   *   <li>NONE, RESERVE, IDENTITY: it leaves the IOMMU alone.
   *   <li>ADOPT: it copies or goes on with what the primary left (mainline Linux's way), so that
   *       the leftovers stay mapped and its own mappings come beside them.
   *   <li>OFF: it switches translation off and maps nothing.
   *   <li>ABORT: it blocks all DMA as far as the hardware can, then starts afresh with tables of
   *       its own.
   *   <li>RESET: all devices were reset, so that none is at work; it starts afresh. Where it has no
   *       use for an IOMMU it leaves it alone.
   * </ul>
   *
   * @param frames memory in the crash range
   */
  DmaMapping capture(Strategy strategy, Cpu cpu, MachineSpec machine, PageFrames frames);
}
