// SPDX-License-Identifier: Apache-2.0
package org.crashlane.machine;

/** Whether the capture kernel needs a device to write the dump, and how that is known. */
public enum DumpRole {
  /** It does not. */
  NONE,

  /**
   * It is not known to, but dumps do go through such devices (a network card, a USB controller): if
   * another was guessed, that guess may be wrong because of it.
   */
  POSSIBLE,

  /** Somebody who knows said so, or the kernel's own configuration does. */
  NAMED,

  /**
   * It looks like one that may be needed (a disk controller, by its class code), and nobody said
   * so. A dump may as well go over the network.
   */
  GUESSED
}
