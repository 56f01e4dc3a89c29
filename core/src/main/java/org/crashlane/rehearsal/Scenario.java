// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.util.Locale;
import java.util.Optional;

/**
 * What is rehearsed.
 *
 * @param mode how the primary kernel maps DMA
 * @param strategy what is done about the crash
 * @param hand who arms, for the strategies that arm
 * @param adoption how the capture kernel takes old tables over, for the strategy that does
 */
public record Scenario(
    MappingMode mode, Strategy strategy, Optional<HandKind> hand, Adoption adoption) {

  /** Who puts the identity mapping in place. */
  public enum HandKind {
    /** A tool beside the machine that writes the tables in its memory. */
    OUTSIDE,
    /** The primary kernel itself. */
    INSIDE,
    /** A tool beside the machine, once the primary kernel is dead and the capture kernel starts. */
    WHEN_CRASHED;

    /** {@return the name that users write} */
    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** {@return a scenario in which nobody arms} */
  public static Scenario of(MappingMode mode, Strategy strategy) {
    return new Scenario(mode, strategy, Optional.empty(), Adoption.COPY);
  }

  /** {@return a scenario in which {@code hand} arms} */
  public static Scenario of(MappingMode mode, Strategy strategy, HandKind hand) {
    return new Scenario(mode, strategy, Optional.of(hand), Adoption.COPY);
  }

  /** {@return the same, with old tables taken over by {@code other}} */
  public Scenario adopting(Adoption other) {
    return new Scenario(mode, strategy, hand, other);
  }

  /** {@return its name among those of one mode, such as {@code identity (inside)}} */
  public String label() {
    return strategy.label() + hand.map(h -> " (" + h.label() + ")").orElse("");
  }
}
