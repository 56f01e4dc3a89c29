// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What an entry of the event log tells of (AMD 48882, "Event Logging"; names as Linux 6.0 prints
 * them, drivers/iommu/amd/iommu.c).
 */
public enum EventCode {
  ILLEGAL_DEV_TABLE_ENTRY(0x1),
  IO_PAGE_FAULT(0x2),
  DEV_TAB_HARDWARE_ERROR(0x3),
  PAGE_TAB_HARDWARE_ERROR(0x4),
  ILLEGAL_COMMAND_ERROR(0x5),
  COMMAND_HARDWARE_ERROR(0x6),
  IOTLB_INV_TIMEOUT(0x7),
  INVALID_DEVICE_REQUEST(0x8),
  INVALID_PPR_REQUEST(0x9),
  EVENT_COUNTER_ZERO(0xa),
  RMP_PAGE_FAULT(0xd),
  RMP_HW_ERROR(0xe);

  private static final Map<Integer, EventCode> BY_CODE =
      Stream.of(values())
          .collect(Collectors.toUnmodifiableMap(EventCode::code, Function.identity()));

  private final int code;

  EventCode(int code) {
    this.code = code;
  }

  /** {@return the event with this code, or nothing for a code that is not known} */
  public static Optional<EventCode> of(int code) {
    return Optional.ofNullable(BY_CODE.get(code));
  }

  /** {@return the code, 0 to 15} */
  public int code() {
    return code;
  }
}
