// SPDX-License-Identifier: Apache-2.0
package org.crashlane.machine;

import org.crashlane.pci.RequesterId;

/**
 * A device that makes DMA requests.
 *
 * @param requester how it shows on the bus
 * @param name for people
 * @param role whether the capture kernel needs it to write the dump
 * @param masks what it can put on the bus
 * @param assignedToGuest true if a virtual machine owns it
 */
public record Device(
    RequesterId requester, String name, DumpRole role, DmaMasks masks, boolean assignedToGuest) {

  /** A device of the host's own, whose DMA masks are not known. */
  public Device(RequesterId requester, String name, DumpRole role) {
    this(requester, name, role, DmaMasks.UNKNOWN, false);
  }

  /** The same, of which it is known whether the dump goes through it. */
  public Device(RequesterId requester, String name, boolean onDumpPath) {
    this(requester, name, onDumpPath ? DumpRole.NAMED : DumpRole.NONE);
  }

  /** {@return true if the capture kernel needs it to write the dump, as far as is known} */
  public boolean onDumpPath() {
    return switch (role) {
      case NAMED, GUESSED -> true;
      case NONE, POSSIBLE -> false;
    };
  }

  @Override
  public String toString() {
    return requester + " " + name;
  }
}
