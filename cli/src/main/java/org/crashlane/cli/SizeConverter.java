// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Sizes as QEMU takes them: a number with K, M, G or T behind it, powers of 1024. */
final class SizeConverter implements ITypeConverter<Long> {
  private static final Pattern SIZE = Pattern.compile("([1-9][0-9]{0,5})([KMGT])");
  private static final String UNITS = "KMGT";
  private static final int UNIT_SHIFT = 10;

  @Override
  public Long convert(String text) {
    Matcher matcher = SIZE.matcher(text.toUpperCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new TypeConversionException(
          "'" + text + "': expected a size such as 512M or 6G, of at most 6 digits");
    }
    int unit = UNITS.indexOf(matcher.group(2)) + 1;
    return Long.parseLong(matcher.group(1)) << (unit * UNIT_SHIFT);
  }
}
