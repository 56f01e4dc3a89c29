// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

/** What a run goes through, in this order. */
public enum Phase {
  /** QEMU starts, the primary kernel boots, loads the capture kernel and puts the disk to work. */
  BOOT("booting the primary kernel", "the primary kernel boots and puts its disk to work"),
  /** The guest stands, its transfers in flight; whoever arms from outside does it now. */
  READY("the stopped guest before the crash", "the guest is stopped, its tables are checked"),
  /** The primary kernel is told to panic, and the capture kernel boots. */
  CRASH(
      "the panic and the capture kernel's boot",
      "the primary kernel panics, the capture kernel boots"),
  /** The capture kernel writes the dump and powers off. */
  CAPTURE("writing the dump", "the capture kernel writes the dump"),
  /** The last registers are read, QEMU ends, and the dump is checked. */
  DONE("ending QEMU", "QEMU ends, the dump is checked");

  private final String words;
  private final String doing;

  Phase(String words, String doing) {
    this.words = words;
    this.doing = doing;
  }

  /** {@return what happens, in a sentence for who waits} */
  public String doing() {
    return doing;
  }

  /** {@return what happens, for error messages} */
  public String words() {
    return words;
  }
}
