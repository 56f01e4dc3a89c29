// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;

/** A deliberate fault in a unit: a comparison that does not find each of them is worth nothing. */
interface Mutant {

  /** {@return what the unit with the fault says instead of {@code right}} */
  Outcome change(Request request, Outcome right);

  /** {@return units as {@code sound} makes them, with the fault} */
  default UnitFactory over(UnitFactory sound) {
    return (machine, memory, root) ->
        request -> change(request, sound.unit(machine, memory, root).translate(request));
  }
}
