// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import static org.crashlane.model.fault.CallFaults.arming;
import static org.crashlane.model.fault.CallFaults.reserving;
import static org.crashlane.model.fault.RangeFaults.firstOnly;
import static org.crashlane.model.fault.RangeFaults.grown;
import static org.crashlane.model.fault.RangeFaults.none;
import static org.crashlane.model.fault.RangeFaults.right;
import static org.crashlane.model.fault.RangeFaults.withoutFirst;
import static org.crashlane.model.fault.RangeFaults.withoutLast;

import java.util.List;
import org.crashlane.rehearsal.MappingMode;

/** Mistakes of whoever arms, in the modes that have something to arm. */
final class SharedArmingFaults {
  private SharedArmingFaults() {}

  /** {@return all of them, in {@code mode}} */
  static List<SeededFault> of(MappingMode mode) {
    FaultMaker make = new FaultMaker(mode);
    return List.of(
        make.call(
            "arm-one-page-short", "the last page is not armed", arming(grown(0, -1), right())),
        make.call(
            "arm-one-page-late", "the first page is not armed", arming(grown(-1, 0), right())),
        make.call("arm-first-range-only", "one of two is armed", arming(firstOnly(), right())),
        make.call(
            "arm-forgets-first-device",
            "one of two devices on the dump path is not armed",
            arming(right(), withoutFirst())),
        make.call(
            "arm-forgets-last-device",
            "the other device on the dump path is not armed",
            arming(right(), withoutLast())),
        make.call("no-reserve", "armed, but not kept free", reserving(none(), right())),
        make.call(
            "reserve-one-page-short",
            "the last page of each crash range may be handed out",
            reserving(grown(0, -1), right())),
        make.call(
            "reserve-one-page-late",
            "the first page of each crash range may be handed out",
            reserving(grown(-1, 0), right())),
        make.call(
            "reserve-first-range-only",
            "one of two is kept free",
            reserving(firstOnly(), right())));
  }
}
