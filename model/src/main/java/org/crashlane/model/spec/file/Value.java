// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.crashlane.bits.Hex;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.spec.file.Yaml.Items;
import org.crashlane.model.spec.file.Yaml.Place;
import org.crashlane.model.spec.file.Yaml.Text;

/**
 * A value of a machine's file with the way to it: read as what it should be, or refused by name and
 * place.
 *
 * @param source the file
 * @param path the way to it, such as {@code devices[1].mask}
 * @param yaml what stands there
 */
record Value(String source, String path, Yaml yaml) {
  private static final int SHOWN_LENGTH = 40;
  private static final int UNIT_SHIFT = 10;
  private static final String UNITS = "KMGT";
  private static final Pattern ADDRESS = Pattern.compile("0x[0-9a-fA-F]{1,16}");
  private static final Pattern SIZE = Pattern.compile("([1-9][0-9]{0,8})([KMGT]?)");
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");

  /** The truth values and numbers of YAML's core schema. */
  private static final Pattern NOT_TEXT =
      Pattern.compile(
          "true|True|TRUE|false|False|FALSE|~|0[xo][0-9a-fA-F]+"
              + "|[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");

  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,31}");
  private static final Pattern RANGE =
      Pattern.compile("(0x[0-9a-fA-F]{1,16}) ?- ?(0x[0-9a-fA-F]{1,16})");

  /** {@return the exception that says {@code reason} of this value} */
  MachineFileException wrong(String reason) {
    return wrong(yaml.place(), reason);
  }

  MachineFileException wrong(Place place, String reason) {
    return new MachineFileException(source, place.line(), place.column(), path, reason);
  }

  /** {@return the value at {@code way}, such as {@code mapping.pool}, or what it would be in} */
  Value nearest(String way) {
    int dot = way.indexOf('.');
    String name = dot < 0 ? way : way.substring(0, dot);
    if (!(yaml instanceof Yaml.Fields fields) || !fields.byName().containsKey(name)) {
      return this;
    }
    Value found = new ObjectValue(this, fields).required(name);
    return dot < 0 ? found : found.nearest(way.substring(dot + 1));
  }

  /** {@return the fields, of which there may be {@code names} and no others} */
  ObjectValue object(List<String> names) {
    return anyObject("the fields " + String.join(", ", names)).withOnly(names);
  }

  /** {@return the fields, whatever their names} */
  ObjectValue anyObject(String wanted) {
    if (!(yaml instanceof Yaml.Fields fields)) {
      throw wrong("expected an object with " + wanted + ", not " + shown());
    }
    return new ObjectValue(this, fields);
  }

  /** {@return the values of a list with {@code least} to {@code most} of them} */
  List<Value> items(int least, int most) {
    if (!(yaml instanceof Items items)) {
      throw wrong("expected a list, not " + shown());
    }
    int count = items.values().size();
    if (count < least || count > most) {
      throw wrong("%d in the list: expected %d to %d".formatted(count, least, most));
    }
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(new Value(source, path + "[" + i + "]", items.values().get(i)));
    }
    return values;
  }

  /** {@return a line of text of 1 to {@code longest} characters} */
  String line(int longest) {
    String text = string("a line of text").strip();
    if (text.isEmpty() || text.length() > longest || text.lines().count() > 1) {
      throw wrong("expected a line of 1 to " + longest + " characters");
    }
    return text;
  }

  /** {@return the name of a machine, a device or a unit} */
  String name() {
    String wanted = "a name (small letters, digits and -, at most 32, a letter first)";
    String name = string(wanted);
    if (!NAME.matcher(name).matches()) {
      throw wanted(wanted);
    }
    return name;
  }

  /** {@return true or false} */
  boolean flag() {
    String word = plain("true or false");
    if (!word.equals("true") && !word.equals("false")) {
      throw wanted("true or false");
    }
    return word.equals("true");
  }

  /** {@return a decimal number from {@code least} to {@code most}} */
  int number(int least, int most) {
    String wanted = "a number from " + least + " to " + most;
    String digits = plain(wanted);
    int number = NUMBER.matcher(digits).matches() ? Integer.parseInt(digits) : -1;
    if (number < least || number > most) {
      throw wanted(wanted);
    }
    return number;
  }

  /** {@return an address: hexadecimal, so that no one reads it for decimal} */
  long address() {
    String wanted = "an address in hexadecimal, such as 0x10000000";
    String text = text(wanted).value();
    if (!ADDRESS.matcher(text).matches()) {
      throw wanted(wanted);
    }
    return Hex.parse(text);
  }

  /** {@return a size in bytes} */
  long sizeBytes() {
    String wanted = "a size such as 128M (K, M, G, T are powers of 1024)";
    Matcher matcher = SIZE.matcher(text(wanted).value());
    if (!matcher.matches()) {
      throw wanted(wanted);
    }
    int power = UNITS.indexOf(matcher.group(2)) + 1;
    int shift = matcher.group(2).isEmpty() ? 0 : power * UNIT_SHIFT;
    long count = Long.parseLong(matcher.group(1));
    if (count << shift >>> shift != count) {
      throw wrong("beyond 64 bits of address");
    }
    return count << shift;
  }

  /** {@return a range of addresses, written as one text or as {@code at} and {@code size}} */
  AddressRange range() {
    if (yaml instanceof Yaml.Fields) {
      ObjectValue object = object(List.of("at", "size"));
      long first = object.required("at").address();
      long sizeBytes = object.required("size").sizeBytes();
      if (Long.compareUnsigned(first + sizeBytes - 1, first) < 0) {
        throw wrong("runs off the end of the address space");
      }
      return AddressRange.ofSize(first, sizeBytes);
    }
    String wanted = "a range such as 0x0-0x3fffffff, or at and size";
    Matcher matcher = RANGE.matcher(text(wanted).value());
    if (!matcher.matches()) {
      throw wanted(wanted);
    }
    long first = Hex.parse(matcher.group(1));
    long last = Hex.parse(matcher.group(2));
    if (Long.compareUnsigned(first, last) > 0) {
      throw wrong("ends before it begins (the last address belongs to it)");
    }
    return new AddressRange(first, last);
  }

  /** {@return the one of {@code choices} that is named} */
  <T> T choice(Map<String, T> choices) {
    String word = text("one of " + String.join(", ", choices.keySet())).value();
    if (!choices.containsKey(word)) {
      throw wrong(quoted(word) + " is unknown: " + NearestName.choices(word, choices.keySet()));
    }
    return choices.get(word);
  }

  /** {@return what {@code parser} makes of the text; its complaint is this value's} */
  <T> T parsed(String wanted, Function<String, T> parser) {
    try {
      return parser.apply(text(wanted).value());
    } catch (IllegalArgumentException e) {
      throw wrong(e.getMessage());
    }
  }

  private Text text(String wanted) {
    if (!(yaml instanceof Text text)) {
      throw wanted(wanted);
    }
    boolean absent = !text.quoted() && text.value().equals("null");
    if (absent || text.value().isEmpty()) {
      throw wanted(wanted);
    }
    return text;
  }

  /** What YAML takes for a number or a truth value is text only in quotes. */
  private String string(String wanted) {
    Text text = text(wanted);
    if (!text.quoted() && NOT_TEXT.matcher(text.value()).matches()) {
      throw wrong(
          "expected %s; %s needs quotes, or YAML takes it for a number or a truth value"
              .formatted(wanted, shown()));
    }
    return text.value();
  }

  private String plain(String wanted) {
    Text text = text(wanted);
    if (text.quoted()) {
      throw wrong("expected " + wanted + ", without quotes");
    }
    return text.value();
  }

  private MachineFileException wanted(String what) {
    return wrong("expected " + what + ", not " + shown());
  }

  private String shown() {
    return switch (yaml) {
      case Yaml.Fields _ -> "an object";
      case Items _ -> "a list";
      case Text text when text.value().isEmpty() -> "nothing";
      case Text text -> quoted(text.value());
    };
  }

  /** {@return {@code word} in quotes, cut, without what a terminal would act on} */
  static String quoted(String word) {
    String printable =
        word.codePoints()
            .limit(SHOWN_LENGTH)
            .mapToObj(c -> Character.isISOControl(c) ? "?" : Character.toString(c))
            .collect(Collectors.joining());
    return "'" + printable + (word.length() > SHOWN_LENGTH ? "..." : "") + "'";
  }
}
