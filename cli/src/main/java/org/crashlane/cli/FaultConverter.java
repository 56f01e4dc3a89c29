// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.List;
import java.util.Locale;
import org.crashlane.model.fault.SeededFault;
import org.crashlane.model.fault.SeededFaults;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Mistakes that can be put into the primary's kernel, by name. */
final class FaultConverter implements ITypeConverter<SeededFault> {
  @Override
  public SeededFault convert(String text) {
    List<String> names = SeededFaults.all().stream().map(SeededFault::name).toList();
    return SeededFaults.find(text.toLowerCase(Locale.ROOT))
        .orElseThrow(() -> new TypeConversionException(Choice.unknown(text, names)));
  }
}
