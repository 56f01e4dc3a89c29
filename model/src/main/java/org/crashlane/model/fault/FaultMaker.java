// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import org.crashlane.model.crash.Sabotage;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.rehearsal.MappingMode;

/**
 * Makes the entries of the list for one mapping mode.
 *
 * @param mode whose driver has the mistakes
 */
record FaultMaker(MappingMode mode) {

  /** {@return a mistake in calls, or in what the driver does within one} */
  SeededFault call(String name, String wrong, CallFault fault) {
    return fault(
        name,
        wrong,
        new Sabotage() {
          @Override
          public DmaMapping mapping(DmaMapping real) {
            return new FaultyMapping(real, fault);
          }
        });
  }

  /** {@return a mistake in the driver's stores, from boot on} */
  SeededFault driver(String name, String wrong, StoreFault stores) {
    return driver(name, wrong, stores, RegisterFault.NONE);
  }

  /** {@return a mistake in the driver's writes to registers, from boot on} */
  SeededFault driver(String name, String wrong, RegisterFault registers) {
    return driver(name, wrong, StoreFault.NONE, registers);
  }

  private SeededFault driver(
      String name, String wrong, StoreFault stores, RegisterFault registers) {
    return fault(
        name,
        wrong,
        new Sabotage() {
          @Override
          public Cpu cpu(Cpu real) {
            return new FaultyCpu(real, stores, registers);
          }
        });
  }

  private SeededFault fault(String name, String wrong, Sabotage sabotage) {
    return new SeededFault(mode.label() + "-" + name, mode, wrong, sabotage);
  }
}
