// SPDX-License-Identifier: Apache-2.0
package org.crashlane.machine;

import org.crashlane.pci.RequesterId;

/**
 * A device that makes DMA requests.
 *
 * @param requester how it shows on the bus
 * @param name for people
 * @param onDumpPath true if the capture kernel needs it to write the dump
 */
public record Device(RequesterId requester, String name, boolean onDumpPath) {

  @Override
  public String toString() {
    return requester + " " + name;
  }
}
