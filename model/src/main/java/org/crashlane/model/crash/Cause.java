// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import org.crashlane.bits.Term;

/** What is wrong with what devices and kernels do, and why a capture kernel gives up. */
enum Cause implements Term {
  NOT_MAPPED_SO("no driver had mapped it so"),
  STRAY("a stray request, which nothing is mapped for"),
  TAKEN_FOR_INTERRUPT("taken for an interrupt"),
  STILL_LIVE("while another buffer is mapped there,"),
  ARMING_NOT_KNOWN("its allocator does not know of the arming"),
  BYTE_OF_BUFFER("byte of the buffer"),
  FOUND("found"),
  SENT("sent"),
  LED_ELSEWHERE("the table leads the CPU elsewhere"),
  LEAVE_OUT("leave out of the dump"),
  X2APIC_ID("the capture kernel panics: Cannot disable x2apic, id"),
  X2APIC_LOCKED(
      "the capture kernel has no timer: its local APIC is locked in x2APIC mode, and it goes on as"
          + " in xAPIC mode"),
  TOO_LITTLE_MEMORY("the capture kernel has too little memory"),
  NO_BUFFERS("the capture kernel has too little memory for its buffers"),
  NO_DUMP_DEVICE("no device is on the dump path"),
  CANNOT_MAP("cannot map for"),
  DISK_SILENT("the disk did not answer"),
  CARD_SILENT("the card did not answer"),
  DISK_ERROR("the disk reported an error"),
  CARD_ERROR("the card reported an error");

  private final String meaning;

  Cause(String meaning) {
    this.meaning = meaning;
  }

  @Override
  public String meaning() {
    return meaning;
  }
}
