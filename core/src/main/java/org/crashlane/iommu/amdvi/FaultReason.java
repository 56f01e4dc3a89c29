// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.bits.BitField;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.BlockReason;

/**
 * Why a unit blocked a request, finer than the codes of its event log: two reasons may leave the
 * same event (AMD 48882, "I/O Page Faults" and "Event Logging"). Where the manual leaves open which
 * event it is, as VirtualBox reads it (DevIommuAmd.cpp).
 */
public enum FaultReason implements BlockReason {
  ENTRY_RESERVED(
      EventCode.ILLEGAL_DEV_TABLE_ENTRY,
      EventFlags.RZ.of(1),
      "non-zero reserved field in device table entry"),
  ENTRY_MODE(EventCode.ILLEGAL_DEV_TABLE_ENTRY, 0, "invalid paging mode in device table entry"),
  DEVICE_BEYOND_TABLE(EventCode.IO_PAGE_FAULT, 0, "device id beyond the device table"),
  TRANSLATION_INVALID(
      EventCode.IO_PAGE_FAULT, 0, "translation information in device table entry is not valid"),
  ENTRY_PERMISSION(
      EventCode.IO_PAGE_FAULT,
      EventFlags.PR.of(1) | EventFlags.PE.of(1),
      "device table entry does not permit the access"),
  ADDRESS_BEYOND_MODE(
      EventCode.IO_PAGE_FAULT, EventFlags.PR.of(1), "address beyond the paging mode"),
  NOT_PRESENT(EventCode.IO_PAGE_FAULT, 0, "page table entry is not present"),
  PAGE_RESERVED(
      EventCode.IO_PAGE_FAULT,
      EventFlags.PR.of(1) | EventFlags.RZ.of(1),
      "non-zero reserved field in page table entry"),
  PERMISSION(
      EventCode.IO_PAGE_FAULT,
      EventFlags.PR.of(1) | EventFlags.PE.of(1),
      "page table entry does not permit the access"),
  NEXT_LEVEL(EventCode.IO_PAGE_FAULT, EventFlags.PR.of(1), "next level is not below its own"),
  PAGE_SIZE(EventCode.IO_PAGE_FAULT, EventFlags.PR.of(1), "page size does not fit the level"),
  SKIPPED_BITS(
      EventCode.IO_PAGE_FAULT, EventFlags.PR.of(1), "address bits of skipped levels are not zero"),
  DEVICE_TABLE_ACCESS(EventCode.DEV_TAB_HARDWARE_ERROR, 0, "error reading the device table"),
  PAGE_TABLE_ACCESS(EventCode.PAGE_TAB_HARDWARE_ERROR, 0, "error reading a page table"),
  SPECIAL_ADDRESS(
      EventCode.INVALID_DEVICE_REQUEST, 0, "address in the HyperTransport special range");

  /** Code and flags together, as an event has them in bits 31:16 of its second half-word. */
  private static final BitField FLAGS = BitField.bits("flags", 11, 0);

  private static final BitField CODE = BitField.bits("code", 15, 12);

  private final EventCode code;
  private final long flags;
  private final String meaning;

  FaultReason(EventCode code, long flags, String meaning) {
    this.code = code;
    this.flags = flags;
    this.meaning = meaning;
  }

  /** {@return the code of the event} */
  public EventCode code() {
    return code;
  }

  @Override
  public String meaning() {
    return meaning;
  }

  /**
   * {@return the number of the reason for an access: the event's code in bits 15:12, below it the
   * flags as Linux prints them}
   */
  @Override
  public int number(Access access) {
    long direction =
        switch (access) {
          case READ -> 0;
          case WRITE -> EventFlags.RW.of(1);
        };
    return (int) (CODE.of(code.code()) | flags | direction);
  }

  /** {@return the event's code in a number that {@link #number} made} */
  static int codeOf(int number) {
    return (int) CODE.get(number);
  }

  /** {@return the event's flags in a number that {@link #number} made} */
  static int flagsOf(int number) {
    return (int) FLAGS.get(number);
  }

  /** {@return true if SA keeps the event from being logged} */
  @Override
  public boolean qualified() {
    return code == EventCode.IO_PAGE_FAULT;
  }
}
