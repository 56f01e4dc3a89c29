// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.crashlane.model.crash.ArmTiming;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** When the primary is armed, by name. */
final class ArmTimingConverter implements ITypeConverter<ArmTiming> {
  @Override
  public ArmTiming convert(String text) {
    String word = text.toLowerCase(Locale.ROOT);
    List<String> labels = Arrays.stream(ArmTiming.values()).map(ArmTiming::label).toList();
    return Arrays.stream(ArmTiming.values())
        .filter(t -> t.label().equals(word))
        .findFirst()
        .orElseThrow(() -> new TypeConversionException(Choice.unknown(text, labels)));
  }
}
