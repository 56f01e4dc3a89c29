// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.crashlane.model.spec.file.NearestName;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Names that an option takes: small letters, in whatever case users write them. */
abstract class Choice<T> implements ITypeConverter<T> {
  private final Map<String, T> byName = new LinkedHashMap<>();

  /** One that takes the names of constants. */
  Choice(T[] constants) {
    Arrays.stream(constants).forEach(c -> byName.put(c.toString().toLowerCase(Locale.ROOT), c));
  }

  @Override
  public T convert(String text) {
    String name = text.toLowerCase(Locale.ROOT);
    if (!byName.containsKey(name)) {
      throw new TypeConversionException(unknown(text, byName.keySet()));
    }
    return byName.get(name);
  }

  /** {@return that {@code text} is none of {@code names}, and which it may be meant to be} */
  static String unknown(String text, Collection<String> names) {
    return "'" + text + "' is unknown: " + NearestName.choices(text, List.copyOf(names));
  }
}
