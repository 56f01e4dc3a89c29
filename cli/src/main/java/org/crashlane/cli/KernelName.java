// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.guest.lab.parts.KernelSpec;

/**
 * A kernel as users name it: {@code full}, {@code 6.12}, {@code 6.12,full} or a file.
 *
 * @param spec which Linux, where they say it
 * @param flavour in which of Debian's configurations, where they say it
 */
record KernelName(Optional<KernelSpec> spec, Optional<KernelFlavour> flavour) {
  /** One kernel of each series. */
  static final KernelName ALL = new KernelName(Optional.empty(), Optional.empty());

  private static final String ALL_TEXT = "all";

  /**
   * {@return what {@code text} names}
   *
   * @throws IllegalArgumentException if it names nothing, saying what was expected
   */
  static KernelName parse(String text) {
    if (text.equals(ALL_TEXT)) {
      return ALL;
    }
    int comma = text.lastIndexOf(',');
    Optional<KernelFlavour> flavour = flavour(text.substring(comma + 1));
    if (flavour.isEmpty()) {
      return new KernelName(Optional.of(KernelSpec.Reader.read(text)), flavour);
    }
    return new KernelName(
        comma < 0
            ? Optional.empty()
            : Optional.of(KernelSpec.Reader.read(text.substring(0, comma))),
        flavour);
  }

  private static Optional<KernelFlavour> flavour(String word) {
    return Arrays.stream(KernelFlavour.values())
        .filter(flavour -> flavour.label().equals(word.toLowerCase(Locale.ROOT)))
        .findFirst();
  }
}
