// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.crashlane.bits.BitField;
import org.crashlane.bits.ByteReader;

/**
 * The layout of one kind of structure whose fields only need showing, not a class of their own: the
 * fields in their order, as the specification lists them.
 *
 * @param name the specification's name of the structure
 * @param requiredCount how many of the fields every revision has; a structure may end behind any
 *     later one
 * @param fields all that are known, in their order
 */
record FieldTable(String name, int requiredCount, List<Field> fields) {

  /**
   * One field of 1, 2, 4 or 8 bytes, or of any number if it is reserved.
   *
   * @param name the specification's name in camel case; empty if the field is reserved
   * @param flags those of its bits that have a name
   */
  record Field(String name, int bytes, List<BitField> flags) {
    boolean isReserved() {
      return name.isEmpty();
    }
  }

  static FieldTable of(String name, Field... fields) {
    return new FieldTable(name, fields.length, List.of(fields));
  }

  /** {@return the same layout where all fields from the {@code count}th on may be missing} */
  FieldTable requiring(int count) {
    return new FieldTable(name, count, fields);
  }

  static Field u8(String name, BitField... flags) {
    return new Field(name, Byte.BYTES, List.of(flags));
  }

  static Field u16(String name, BitField... flags) {
    return new Field(name, Short.BYTES, List.of(flags));
  }

  static Field u32(String name, BitField... flags) {
    return new Field(name, Integer.BYTES, List.of(flags));
  }

  static Field u64(String name, BitField... flags) {
    return new Field(name, Long.BYTES, List.of(flags));
  }

  static Field reserved(int bytes) {
    return new Field("", bytes, List.of());
  }

  /**
   * Reads as many fields as there are.
   *
   * @throws org.crashlane.bits.MalformedInputException if {@code in} ends within a field or before
   *     a required one
   */
  List<FieldValue> read(ByteReader in) {
    List<FieldValue> values = new ArrayList<>();
    for (int i = 0; i < fields.size(); i++) {
      Field field = fields.get(i);
      if (i >= requiredCount && in.remaining() == 0) {
        break;
      }
      if (field.isReserved()) {
        in.skip(field.bytes(), "reserved bytes");
        continue;
      }
      long value =
          switch (field.bytes()) {
            case Byte.BYTES -> in.u8(field.name());
            case Short.BYTES -> in.u16(field.name());
            case Integer.BYTES -> in.u32(field.name());
            default -> in.u64(field.name());
          };
      values.add(new FieldValue(field.name(), value, field.bytes(), flagNames(field, value)));
    }
    return values;
  }

  /** A bit that is set by its name; of a field of several bits, the value as well. */
  private static List<String> flagNames(Field field, long value) {
    return field.flags().stream()
        .filter(flag -> flag.isSet(value))
        .map(flag -> flag.width() == 1 ? flag.name() : flag.name() + "=" + flag.get(value))
        .toList();
  }

  /** {@return what is left of {@code in}, two hexadecimal digits a byte} */
  static String rest(ByteReader in) {
    return HexFormat.of().formatHex(in.bytes(in.remaining(), "rest"));
  }
}
