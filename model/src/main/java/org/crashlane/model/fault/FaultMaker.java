// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import org.crashlane.rehearsal.MappingMode;

/**
 * Makes the entries of the list for one mapping mode.
 *
 * @param mode whose driver has the mistakes
 */
record FaultMaker(MappingMode mode) {

  /** {@return a mistake in calls, or in what the driver does within one} */
  SeededFault call(String name, String wrong, CallFault fault) {
    return SeededFault.of(mode, name, wrong, fault);
  }

  /** {@return a mistake in the driver's stores, from boot on} */
  SeededFault driver(String name, String wrong, StoreFault stores) {
    return SeededFault.of(mode, name, wrong, stores, RegisterFault.NONE);
  }

  /** {@return a mistake in the driver's writes to registers, from boot on} */
  SeededFault driver(String name, String wrong, RegisterFault registers) {
    return SeededFault.of(mode, name, wrong, StoreFault.NONE, registers);
  }
}
