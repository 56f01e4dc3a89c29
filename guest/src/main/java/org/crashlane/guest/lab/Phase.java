// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

/** What a run goes through, in this order. */
public enum Phase {
  /** QEMU starts, the primary kernel boots, loads the capture kernel and puts the disk to work. */
  BOOT("booting the primary kernel"),
  /** The guest stands, its transfers in flight; whoever arms from outside does it now. */
  READY("the guest standing before the crash"),
  /** The primary kernel is told to panic, and the capture kernel boots. */
  CRASH("the panic and the capture kernel's boot"),
  /** The capture kernel writes the dump and powers off. */
  CAPTURE("writing the dump"),
  /** The last registers are read, and QEMU ends. */
  DONE("ending QEMU");

  private final String words;

  Phase(String words) {
    this.words = words;
  }

  /** {@return what happens, for messages} */
  public String words() {
    return words;
  }
}
