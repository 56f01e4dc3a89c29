// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import java.util.List;
import org.crashlane.acpi.AcpiTable;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/** The IOMMUs that one table names, as Linux would have them if it used the table. */
sealed interface TableUnits permits DmarUnits, IvrsUnits {

  AcpiTable table();

  /** {@return the units that Linux knows, in the table's order} */
  List<LinuxView.Unit> units();

  /** {@return the unit that Linux finds for {@code requester}} */
  LinuxView.UnitOfDevice unitOf(RequesterId requester);

  /** {@return the devices of {@code segment}, which has a unit, that none serves} */
  List<LinuxView.WithoutUnit> without(int segment);

  /** {@return true if the table's flags let interrupts be remapped} */
  boolean allowsInterruptRemapping();

  /** {@return bits of a physical address; 64 where the table does not say} */
  int addressBits();

  /** {@return memory that firmware's devices use, where it is a range, in the table's order} */
  List<MappedRegion> regions();

  /** {@return memory that the table has {@code requester} use; not of one behind a bridge} */
  List<AddressRange> regionsOf(RequesterId requester);
}
