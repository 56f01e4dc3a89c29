// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import org.crashlane.model.crash.Sabotage;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.rehearsal.MappingMode;

/**
 * A mistake put into a mapping driver or into the code that arms it, to see whether it is caught.
 *
 * @param name its name, the mode's label first: {@code calgary-arm-not-writable}
 * @param mode the mapping mode whose driver has it
 * @param wrong what is wrong, in words
 * @param sabotage how it is put in
 */
public record SeededFault(String name, MappingMode mode, String wrong, Sabotage sabotage) {

  /** {@return a mistake in calls, or in what the driver does within one} */
  static SeededFault of(MappingMode mode, String name, String wrong, CallFault fault) {
    return new SeededFault(
        mode.label() + "-" + name,
        mode,
        wrong,
        new Sabotage() {
          @Override
          public DmaMapping mapping(DmaMapping real) {
            return FaultyMapping.of(real, fault);
          }
        });
  }

  /** {@return a mistake in all that the driver does, from boot on} */
  static SeededFault of(
      MappingMode mode, String name, String wrong, StoreFault stores, RegisterFault registers) {
    return new SeededFault(
        mode.label() + "-" + name,
        mode,
        wrong,
        new Sabotage() {
          @Override
          public Cpu cpu(Cpu real) {
            return new FaultyCpu(real, stores, registers);
          }
        });
  }

  @Override
  public String toString() {
    return name;
  }
}
