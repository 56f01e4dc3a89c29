// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.crashlane.rehearsal.Strategy;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Strategies, parted by commas, or {@code all}.
 *
 * @param named those named, each once, in the order in which they are always shown
 */
record StrategyNames(List<Strategy> named) {
  private static final String ALL = "all";

  /** {@return all there are} */
  static StrategyNames all() {
    return new StrategyNames(List.of(Strategy.values()));
  }

  /** By name. */
  static final class Converter implements ITypeConverter<StrategyNames> {
    @Override
    public StrategyNames convert(String text) {
      List<String> labels = new ArrayList<>();
      Arrays.stream(Strategy.values()).map(Strategy::label).forEach(labels::add);
      labels.add(ALL);
      List<String> words = List.of(text.toLowerCase(Locale.ROOT).split(",", -1));
      for (String word : words) {
        if (!labels.contains(word)) {
          throw new TypeConversionException(Choice.unknown(word, labels));
        }
      }
      return new StrategyNames(
          Arrays.stream(Strategy.values())
              .filter(s -> words.contains(ALL) || words.contains(s.label()))
              .toList());
    }
  }
}
