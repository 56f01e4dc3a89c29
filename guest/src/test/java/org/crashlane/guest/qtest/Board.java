// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qtest;

import java.util.List;

/** What a kind of machine needs to stand still: firmware, and arguments of its own. */
public enum Board {
  /**
   * A PC whose processor halts at once; its virtual clock then jumps from timer to timer. Without
   * QEMU's default devices.
   */
  PC {
    @Override
    byte[] rom() {
      return HaltRom.image();
    }

    @Override
    List<String> arguments() {
      return List.of("-icount", "shift=0,sleep=off", "-nodefaults");
    }
  },

  /**
   * IBM's powernv, whose processor runs in a circle, slowed down so that the virtual clock moves.
   * It does not start without QEMU's default devices.
   */
  POWERNV {
    @Override
    byte[] rom() {
      return LoopRom.image();
    }

    @Override
    List<String> arguments() {
      return List.of(
          "-icount",
          "shift=10,sleep=off",
          "-smp",
          "1",
          "-net",
          "none",
          "-vga",
          "none",
          "-serial",
          "none",
          "-monitor",
          "none");
    }
  };

  /** {@return what the processor runs} */
  abstract byte[] rom();

  /** {@return arguments for QEMU} */
  abstract List<String> arguments();
}
