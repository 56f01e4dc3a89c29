// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

/** Where the lab finds what it runs itself. */
public final class HostProgram {
  private HostProgram() {}

  /** {@return QEMU, by the name that the host's search path resolves} */
  public static String qemu() {
    return "qemu-system-x86_64";
  }
}
