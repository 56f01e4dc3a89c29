// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import org.crashlane.iommu.TableId;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.kernel.TopDownIovas;
import org.crashlane.pci.RequesterId;

/**
 * A kernel's address space for one requester: its page tables and its IOVAs. Devices that a bridge
 * makes look like one requester share it.
 *
 * @param requester whose entry points here
 * @param unit place of the unit that has it
 * @param id the tag of its cached translations
 * @param table its tables
 * @param iovas what is handed out
 */
public record Domain(RequesterId requester, int unit, int id, TableId table, TopDownIovas iovas) {

  /** {@return the same, that changes by itself} */
  Domain fork() {
    return new Domain(requester, unit, id, table, iovas.fork());
  }

  void addTo(Fingerprint into) {
    into.add(requester.value());
    into.add(unit);
    into.add(id);
    into.add(table.root());
    iovas.addTo(into);
  }
}
