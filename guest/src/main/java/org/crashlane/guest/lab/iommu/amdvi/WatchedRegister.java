// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.amdvi;

import org.crashlane.iommu.amdvi.Registers;

/**
 * The registers that are read before the crash and at the end. QEMU 7.2 gives back what stands in
 * them and does nothing else, whichever is read.
 */
enum WatchedRegister {
  DEVICE_TABLE("DevTabBar", Registers.DEV_TAB_BASE, true),
  COMMAND_BUFFER("CmdBufBar", Registers.CMD_BUF_BASE, true),
  EVENT_LOG("EvtLogBar", Registers.EVT_LOG_BASE, true),
  CONTROL("Control", Registers.CONTROL, true),
  EXCLUSION_BASE("ExclusionBase", Registers.EXCLUSION_BASE, true),
  EXCLUSION_LIMIT("ExclusionLimit", Registers.EXCLUSION_LIMIT, true),
  COMMAND_HEAD("CmdHead", Registers.CMD_HEAD, false),
  COMMAND_TAIL("CmdTail", Registers.CMD_TAIL, false),
  EVENT_HEAD("EvtHead", Registers.EVT_HEAD, false),
  EVENT_TAIL("EvtTail", Registers.EVT_TAIL, false),
  STATUS("Status", Registers.STATUS, false);

  private final String title;
  private final int offset;
  private final boolean setUp;

  WatchedRegister(String title, int offset, boolean setUp) {
    this.title = title;
    this.offset = offset;
    this.setUp = setUp;
  }

  /** {@return the manual's name} */
  String title() {
    return title;
  }

  int offset() {
    return offset;
  }

  /** {@return true if it changes when somebody sets the IOMMU up, and not as it works} */
  boolean isSetUp() {
    return setUp;
  }
}
