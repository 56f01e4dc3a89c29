// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.bits.Term;

/**
 * Why a unit stops an interrupt, and the event it logs (AMD 48882, "Interrupt Remapping"; which
 * event as VirtualBox DevIommuAmd.cpp has it).
 */
enum InterruptEvent implements Term {
  BEYOND_DEVICE_TABLE(Codes.IO_PAGE_FAULT, "the device table ends before the device"),
  DEVICE_ENTRY_RESERVED(
      Codes.ILLEGAL_DEV_TABLE_ENTRY, "a reserved value is in the device table entry"),
  TABLE_LENGTH(Codes.ILLEGAL_DEV_TABLE_ENTRY, "the interrupt table length is reserved"),
  ABORTED(Codes.NONE, "the device's interrupts are aborted"),
  NOT_LET_PASS(Codes.NONE, "the device's interrupts of this kind are not let pass"),
  BEYOND_TABLE(Codes.IO_PAGE_FAULT, "the interrupt table ends before the entry"),
  NOT_ENABLED(Codes.IO_PAGE_FAULT, "the entry is not enabled"),
  ENTRY_RESERVED(Codes.IO_PAGE_FAULT, "a reserved field of the entry is set"),
  INTERRUPT_TYPE(Codes.IO_PAGE_FAULT, "the entry's interrupt type is reserved");

  private final int code;
  private final String meaning;

  InterruptEvent(int code, String meaning) {
    this.code = code;
    this.meaning = meaning;
  }

  /** {@return the code of the event that is logged, 0 for a target abort without one} */
  int code() {
    return code;
  }

  @Override
  public String meaning() {
    return meaning;
  }

  /** Event codes, and none. */
  private static final class Codes {
    static final int NONE = 0;
    static final int ILLEGAL_DEV_TABLE_ENTRY = EventCode.ILLEGAL_DEV_TABLE_ENTRY.code();
    static final int IO_PAGE_FAULT = EventCode.IO_PAGE_FAULT.code();

    private Codes() {}
  }
}
