// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.time.Duration;

/**
 * How long a phase may take. There is room for a slow host without KVM: a run on two idle cores
 * needs about a tenth of it.
 */
final class PhaseLimits {
  /** From the start of QEMU until the primary kernel is ready to crash. */
  static final Duration BOOT = Duration.ofSeconds(150);

  /** Ten times what a guest takes that runs. */
  static final Duration BOOT_WITH_KVM = Duration.ofSeconds(60);

  /** From the host's word until the capture kernel's first. */
  static final Duration CRASH = Duration.ofSeconds(90);

  /** Until the capture kernel is done. */
  static final Duration CAPTURE = Duration.ofMinutes(3);

  /** Until a capture system that is not the lab's powers off, from the panic on. */
  static final Duration GIVEN_CAPTURE = Duration.ofMinutes(10);

  private PhaseLimits() {}
}
