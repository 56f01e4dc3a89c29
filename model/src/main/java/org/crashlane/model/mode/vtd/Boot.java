// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.NoFrameException;
import org.crashlane.model.kernel.NoFrameException.Room;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.paging.PagedMapping;
import org.crashlane.model.spec.MachineSpec;

/** The ways in which a kernel's VT-d driver starts. */
final class Boot {
  private Boot() {}

  /**
   * Starts the primary's driver: fresh tables, firmware's reserved memory mapped, then translation
   * on ({@code init_dmars} of Linux 2.6.27).
   */
  static PagedMapping primary(Cpu cpu, MachineSpec machine, PageFrames frames) {
    List<ContextTables> tables = new ArrayList<>();
    for (UnitDriver unit : UnitDriver.of(cpu, machine)) {
      tables.add(fresh(cpu, unit, frames));
    }
    PagedMapping mapping = mapping(machine, frames, tables, false);
    mapping.prepare(cpu);
    tables.forEach(t -> t.unit().enable(cpu));
    return mapping;
  }

  /**
   * Starts the capture kernel's driver as mainline Linux from 4.2 on does: root and context tables
   * are copied, second-level tables stay the primary's. A unit that does not translate, or whose
   * tables cannot be copied, gets fresh ones; the latter is switched off first.
   */
  static PagedMapping adopting(Cpu cpu, MachineSpec machine, PageFrames frames) {
    List<ContextTables> tables = new ArrayList<>();
    for (UnitDriver unit : UnitDriver.of(cpu, machine)) {
      tables.add(copied(cpu, unit, frames).orElseGet(() -> restarted(cpu, unit, frames)));
    }
    tables.forEach(t -> t.unit().enable(cpu));
    return mapping(machine, frames, tables, true);
  }

  private static Optional<ContextTables> copied(Cpu cpu, UnitDriver unit, PageFrames frames) {
    long oldRoot = unit.rootAddress(cpu);
    if (!unit.isTranslating(cpu) || Rtaddr.TTM.get(oldRoot) != Rtaddr.TTM_LEGACY) {
      return Optional.empty();
    }
    Optional<ContextTables> tables =
        ContextTables.copyOf(cpu, unit, Rtaddr.RTA.inPlace(oldRoot), frames);
    tables.ifPresent(t -> unit.useRoot(cpu, t.root()));
    return tables;
  }

  private static ContextTables restarted(Cpu cpu, UnitDriver unit, PageFrames frames) {
    unit.disable(cpu);
    return fresh(cpu, unit, frames);
  }

  /**
   * Starts the capture kernel's driver with all DMA blocked: by the register where the unit can,
   * then by tables that have no entry until a driver of this kernel maps something.
   */
  static PagedMapping aborting(Cpu cpu, MachineSpec machine, PageFrames frames) {
    List<ContextTables> tables = new ArrayList<>();
    for (UnitDriver unit : UnitDriver.of(cpu, machine)) {
      if (unit.abortsDma()) {
        unit.useRoot(cpu, Rtaddr.TTM.of(Rtaddr.TTM_ABORT_DMA));
        unit.enable(cpu);
      }
      tables.add(fresh(cpu, unit, frames));
      unit.enable(cpu);
    }
    return mapping(machine, frames, tables, false);
  }

  private static PagedMapping mapping(
      MachineSpec machine, PageFrames frames, List<ContextTables> tables, boolean copied) {
    return new PagedMapping(machine, frames, new VtdUnits(machine, tables, copied));
  }

  /** {@return tables without an entry, in the unit's hands} */
  private static ContextTables fresh(Cpu cpu, UnitDriver unit, PageFrames frames) {
    ContextTables tables =
        ContextTables.empty(cpu, unit, frames)
            .orElseThrow(() -> new NoFrameException(Room.ROOT_TABLE, PageFrames.PAGE_BYTES));
    unit.useRoot(cpu, tables.root());
    return tables;
  }
}
