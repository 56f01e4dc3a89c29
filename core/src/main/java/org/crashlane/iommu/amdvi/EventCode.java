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
  ILLEGAL_DEV_TABLE_ENTRY(0x1, "illegal device table entry"),
  IO_PAGE_FAULT(0x2, "I/O page fault"),
  DEV_TAB_HARDWARE_ERROR(0x3, "error accessing the device table"),
  PAGE_TAB_HARDWARE_ERROR(0x4, "error accessing a page table"),
  ILLEGAL_COMMAND_ERROR(0x5, "illegal command"),
  COMMAND_HARDWARE_ERROR(0x6, "error accessing the command buffer"),
  IOTLB_INV_TIMEOUT(0x7, "a device did not answer an invalidation of its TLB"),
  INVALID_DEVICE_REQUEST(0x8, "a device asked what it may not"),
  INVALID_PPR_REQUEST(0x9, "invalid peripheral page request"),
  EVENT_COUNTER_ZERO(0xa, "an event counter has run out"),
  RMP_PAGE_FAULT(0xd, "reverse map table does not permit the access"),
  RMP_HW_ERROR(0xe, "error accessing the reverse map table");

  private static final Map<Integer, EventCode> BY_CODE =
      Stream.of(values())
          .collect(Collectors.toUnmodifiableMap(EventCode::code, Function.identity()));

  private final int code;
  private final String meaning;

  EventCode(int code, String meaning) {
    this.code = code;
    this.meaning = meaning;
  }

  /** {@return the event with this code, or nothing for a code that is not known} */
  public static Optional<EventCode> of(int code) {
    return Optional.ofNullable(BY_CODE.get(code));
  }

  /** {@return the code, 0 to 15} */
  public int code() {
    return code;
  }

  /** {@return what it means, in words} */
  public String meaning() {
    return meaning;
  }
}
