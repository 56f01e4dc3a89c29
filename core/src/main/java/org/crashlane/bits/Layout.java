// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The fields that share one 64-bit word. Bits in no field are ignored by hardware.
 *
 * <p>Made once as a constant from its fields as they are declared, so that none is left out and two
 * that claim one bit fail when the class is loaded:
 *
 * <pre>{@code
 * private static final Layout.Fields FIELDS = Layout.named("CAP");
 * static final BitField ND = FIELDS.bits("ND", 2, 0);
 * static final BitField AFL = FIELDS.bit("AFL", 3);
 * static final Layout LAYOUT = FIELDS.layout();
 * }</pre>
 *
 * @param name the word's name: {@code context entry, low word}
 * @param fields its fields, highest first
 */
public record Layout(String name, List<BitField> fields) {

  /**
   * @throws IllegalArgumentException if two fields overlap, naming both
   */
  public Layout {
    fields = fields.stream().sorted(Comparator.comparingInt(BitField::low).reversed()).toList();
    for (int i = 1; i < fields.size(); i++) {
      BitField upper = fields.get(i - 1);
      BitField lower = fields.get(i);
      if (upper.low() <= lower.high()) {
        throw new IllegalArgumentException(
            name + ": fields " + upper.name() + " and " + lower.name() + " overlap");
      }
    }
  }

  /** {@return the fields of a word, none yet} */
  public static Fields named(String name) {
    return new Fields(name);
  }

  /** The fields of a word, collected as they are declared. */
  public static final class Fields {
    private final String name;
    private final List<BitField> declared = new ArrayList<>();

    private Fields(String name) {
      this.name = name;
    }

    /** {@return a field of one bit, that is the word's} */
    public BitField bit(String field, int position) {
      return bits(field, position, position);
    }

    /** {@return a field of the bits {@code high:low}, both included, that is the word's} */
    public BitField bits(String field, int high, int low) {
      BitField declaration = BitField.bits(field, high, low);
      declared.add(declaration);
      return declaration;
    }

    /** {@return the layout of all fields declared so far} */
    public Layout layout() {
      return new Layout(name, declared);
    }
  }

  /** {@return the layout of fields that are declared for another form of the word as well} */
  public static Layout of(String name, BitField... fields) {
    return new Layout(name, List.of(fields));
  }

  /** {@return the word with these fields alone} */
  public Layout only(BitField... some) {
    return new Layout(name, List.of(some));
  }

  /** {@return all bits of all fields, as ones} */
  public long mask() {
    return fields.stream().mapToLong(BitField::mask).reduce(0, (a, b) -> a | b);
  }

  /** {@return {@code value} as a word of this layout} */
  public Word word(long value) {
    return new Word(this, value);
  }

  /**
   * {@return {@code word} with its name, in whole and by fields: {@code GSTS 0x80000000: TES=1}}
   */
  String line(long word) {
    return (name + " " + Hex.of(word) + ": " + describe(word)).stripTrailing();
  }

  /**
   * {@return the fields that are not zero in {@code word}, highest first: {@code DID=0x5 AW=0x2}}
   */
  public String describe(long word) {
    String text =
        fields.stream()
            .filter(field -> field.isSet(word))
            .map(field -> field.name() + "=" + Hex.of(field.get(word)))
            .collect(Collectors.joining(" "));
    long unnamed = word & ~mask();
    String rest = unnamed == 0 ? "" : "ignored bits " + Hex.of(unnamed);
    return text.isEmpty() || rest.isEmpty() ? text + rest : text + " " + rest;
  }
}
