// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import java.util.List;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.mode.Mode;
import org.crashlane.model.mode.UnitTables;
import org.crashlane.model.spec.MachineSpec;

/** A mode whose units translate by trees of page tables. */
public abstract class PagedMode implements Mode {

  @Override
  public final List<UnitTables> tables(
      MachineSpec machine, Remapper remapper, PhysicalMemory memory) {
    if (remapper instanceof RemappingUnits units) {
      return units.tables(machine, memory);
    }
    throw new IllegalArgumentException("not units with page tables: " + remapper);
  }
}
