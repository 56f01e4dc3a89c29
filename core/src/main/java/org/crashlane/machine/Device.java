// SPDX-License-Identifier: Apache-2.0
package org.crashlane.machine;

import java.util.OptionalLong;
import org.crashlane.pci.RequesterId;

/**
 * A device that makes DMA requests.
 *
 * @param requester how it shows on the bus
 * @param name for people
 * @param onDumpPath true if the capture kernel needs it to write the dump
 * @param dmaMask the highest address that it can put on the bus, unsigned; empty if that is not
 *     known
 * @param assignedToGuest true if a virtual machine owns it
 */
public record Device(
    RequesterId requester,
    String name,
    boolean onDumpPath,
    OptionalLong dmaMask,
    boolean assignedToGuest) {

  /** A device of the host's own, whose DMA mask is not known. */
  public Device(RequesterId requester, String name, boolean onDumpPath) {
    this(requester, name, onDumpPath, OptionalLong.empty(), false);
  }

  @Override
  public String toString() {
    return requester + " " + name;
  }
}
