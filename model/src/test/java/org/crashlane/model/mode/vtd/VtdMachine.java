// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import java.util.List;
import org.crashlane.model.mode.paging.PagedMachine;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;

/** The machine with a VT-d unit. */
final class VtdMachine extends PagedMachine {
  static final long BASE = 0xfed9_0000L;

  VtdMachine(Era era, boolean superpages, boolean cachesAbsent) {
    this(machine(era, superpages, cachesAbsent));
  }

  VtdMachine(MachineSpec spec) {
    super(spec, new VtdMode());
  }

  static VtdMachine today() {
    return new VtdMachine(Era.LINUX_6, true, false);
  }

  static MachineSpec machine(Era era, boolean superpages, boolean cachesAbsent) {
    ModeSpec.VtdUnit unit = new ModeSpec.VtdUnit(UNIT, BASE, 39, superpages, cachesAbsent);
    return spec(era, new ModeSpec.Vtd(39, List.of(unit), reserved(), 32));
  }
}
