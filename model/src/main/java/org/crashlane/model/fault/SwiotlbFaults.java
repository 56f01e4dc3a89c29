// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import static org.crashlane.model.fault.CallFaults.givenTo;
import static org.crashlane.model.fault.CallFaults.mappedFor;
import static org.crashlane.model.fault.CallFaults.mappedSize;
import static org.crashlane.model.fault.CallFaults.reachNotAsked;
import static org.crashlane.model.fault.CallFaults.whileMapping;
import static org.crashlane.model.fault.CallFaults.whileUnmapping;

import java.util.List;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.rehearsal.MappingMode;

/**
 * Mistakes in the mapping driver with bounce buffers: all it stores is data, into bounce buffers
 * while it maps and into buffers while it unmaps.
 */
final class SwiotlbFaults {
  private static final FaultMaker MAKE = new FaultMaker(MappingMode.SWIOTLB);
  private static final int SHIFT_BYTES = 1024;

  /** All of them. */
  static final List<SeededFault> ALL =
      List.of(
          MAKE.call(
              "no-copy-in",
              "data for a device is not copied to the bounce buffer",
              whileMapping(StoreFault.LOST, RegisterFault.NONE)),
          MAKE.call(
              "no-copy-out",
              "data from a device is not copied from the bounce buffer",
              whileUnmapping(StoreFault.LOST, RegisterFault.NONE)),
          MAKE.call(
              "copy-in-one-word-late",
              "data for a device is copied 8 bytes too far",
              whileMapping(StoreFault.shifted(Long.BYTES), RegisterFault.NONE)),
          MAKE.call(
              "copy-out-bytes-turned",
              "data from a device is copied with its bytes turned round",
              whileUnmapping(StoreFault.altered(Long::reverseBytes), RegisterFault.NONE)),
          MAKE.call(
              "direction-swapped",
              "what a device shall write is copied in, and what it shall read is copied out",
              mappedFor(CallFaults::swapped)),
          MAKE.call("slots-halved", "half the slots are taken", mappedSize(size -> (size + 1) / 2)),
          MAKE.call(
              "copy-out-one-page-late",
              "data from a device is copied a page too far",
              whileUnmapping(StoreFault.shifted(PageFrames.PAGE_BYTES), RegisterFault.NONE)),
          MAKE.call(
              "reach-not-asked", "every device is taken to reach all memory", reachNotAsked()),
          MAKE.call(
              "half-a-slot-off",
              "devices get an address in the slot's middle",
              givenTo(bus -> bus + SHIFT_BYTES)));

  private SwiotlbFaults() {}
}
