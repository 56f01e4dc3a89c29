// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/**
 * Wall times of a run.
 *
 * @param phases how long each phase took
 * @param qemu how long the QEMU process lived
 * @param whole the run from its first file to QEMU's end
 */
public record PhaseTimes(Map<Phase, Duration> phases, Duration qemu, Duration whole) {

  public PhaseTimes {
    phases = Map.copyOf(phases);
  }

  /** Takes the times while the run goes on. */
  static final class Watch {
    private final Map<Phase, Duration> phases = new EnumMap<>(Phase.class);
    private final long startNanos = System.nanoTime();
    private long lapNanos = startNanos;

    /** Says that {@code phase} ends now. */
    void ends(Phase phase) {
      long now = System.nanoTime();
      phases.put(phase, Duration.ofNanos(now - lapNanos));
      lapNanos = now;
    }

    PhaseTimes times(Duration qemu) {
      return new PhaseTimes(phases, qemu, Duration.ofNanos(System.nanoTime() - startNanos));
    }
  }
}
