// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.crashlane.rehearsal.MappingMode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Mapping modes, parted by commas.
 *
 * @param named those named, each once, in the proposal's order
 */
record MappingNames(List<MappingMode> named) {

  /** By name. */
  static final class Converter implements ITypeConverter<MappingNames> {
    @Override
    public MappingNames convert(String text) {
      List<String> labels = Arrays.stream(MappingMode.values()).map(MappingMode::label).toList();
      List<String> words = List.of(text.toLowerCase(Locale.ROOT).split(",", -1));
      for (String word : words) {
        if (!labels.contains(word)) {
          throw new TypeConversionException(Choice.unknown(word, labels));
        }
      }
      return new MappingNames(
          Arrays.stream(MappingMode.values()).filter(m -> words.contains(m.label())).toList());
    }
  }
}
