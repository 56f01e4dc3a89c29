// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The registers of one vendor's units, collected as they are declared, in order of offset. */
public final class RegisterMap {
  private final List<Register> declared = new ArrayList<>();

  /** Makes an empty map. */
  public RegisterMap() {}

  /**
   * Adds a register.
   *
   * @return {@code register}
   * @throws IllegalArgumentException if it does not lie behind all before it
   */
  public Register add(Register register) {
    if (!declared.isEmpty() && register.offset() < end(declared.getLast())) {
      throw new IllegalArgumentException(
          register.name() + " does not lie behind " + declared.getLast().name());
    }
    declared.add(register);
    return register;
  }

  private static int end(Register register) {
    return register.offset() + register.sizeBytes();
  }

  /** {@return the register that the byte at {@code offset} is in, if one is} */
  public Optional<Register> at(long offset) {
    return declared.stream()
        .filter(register -> offset >= register.offset() && offset < end(register))
        .findFirst();
  }
}
