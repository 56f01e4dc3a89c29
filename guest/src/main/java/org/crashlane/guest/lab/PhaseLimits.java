// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.time.Duration;

/**
 * How long a phase may take. The defaults leave room for a slow host without KVM: a run on two idle
 * cores needs about a tenth of them.
 *
 * @param boot from the start of QEMU until the primary kernel is ready to crash
 * @param crash from the host's word until the capture kernel's first
 * @param capture until the capture kernel is done
 */
public record PhaseLimits(Duration boot, Duration crash, Duration capture) {

  /** {@return the limits used unless others are asked for} */
  public static PhaseLimits defaults() {
    return new PhaseLimits(
        Duration.ofSeconds(150), Duration.ofSeconds(90), Duration.ofSeconds(180));
  }
}
