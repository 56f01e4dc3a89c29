// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.bits.Term;

/** What is named besides {@link FaultReason}s and {@link InterruptEvent}s. */
enum Named implements Term {
  DEVICE_TABLE("device table"),
  DEVICE_TABLE_ENTRY("device table entry"),
  ENTRY_UNREADABLE("its device table entry cannot be read"),
  NO_RIGHTS("its device table entry lets nothing pass, as before a driver is bound"),
  GUEST_TABLES("guest (v2) tables are not read: GCR3 table"),
  GUEST_TABLES_OF_PASIDS("requests with a PASID: guest (v2) tables are not read: GCR3 table"),
  HYPER_TRANSPORT("HyperTransport has special addresses there"),

  NOT_REMAPPED("interrupts are not remapped"),
  DEVICE("device id"),
  DEVICE_ENTRY("device table entry, interrupt word"),
  IRTE("IRTE"),
  TAKEN("the primary has taken the entry"),
  TABLE_UNREADABLE("the table cannot be read"),
  VIRTUAL_APIC("virtual APIC of the entry"),

  COMMAND_BUFFER("command buffer"),
  PENDING_WAIT("store of a pending COMPLETION_WAIT"),
  EVENT_LOG("event log"),
  EVENT_LOG_B("event log B"),
  PAGE_REQUEST_LOG("page request log"),
  PAGE_REQUEST_LOG_B("page request log B"),
  GUEST_APIC_LOG("guest APIC log"),
  GUEST_APIC_LOG_TAIL("tail of the guest APIC log"),

  STOPPED("the primary is stopped while the entries are written: two of 4 bytes share a word"),
  INVALIDATED(
      "entries that were not enabled may be cached: INVALIDATE_INTERRUPT_TABLE has to be issued"
          + " inside the primary"),
  ONE_PROCESSOR(
      "all processors but the capture kernel's have their local APICs off, as Linux leaves them"
          + " after a panic: the entries send to every one"),
  FIXED_DELIVERY(
      "the capture kernel asks for fixed delivery, as Linux does since 4.15: the lowest-priority"
          + " mode chooses entries 0x100 higher");

  private final String meaning;

  Named(String meaning) {
    this.meaning = meaning;
  }

  @Override
  public String meaning() {
    return meaning;
  }
}
