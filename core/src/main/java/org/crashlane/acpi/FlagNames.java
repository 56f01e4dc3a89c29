// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.Arrays;
import java.util.List;
import org.crashlane.bits.BitField;

/** The names of the flags that are set in a word. */
final class FlagNames {
  private FlagNames() {}

  /** {@return names of those of {@code fields} that are set, in their order} */
  static List<String> of(long flags, BitField... fields) {
    return Arrays.stream(fields).filter(f -> f.isSet(flags)).map(BitField::name).toList();
  }
}
