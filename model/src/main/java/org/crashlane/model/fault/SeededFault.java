// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import org.crashlane.model.crash.Sabotage;
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

  @Override
  public String toString() {
    return name;
  }
}
