// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import org.crashlane.memory.AddressRange;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Ranges as {@code /proc/iomem} prints them. */
final class RangeConverter implements ITypeConverter<AddressRange> {
  @Override
  public AddressRange convert(String text) {
    try {
      return AddressRange.parse(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
