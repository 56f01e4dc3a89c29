// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The fields that share one 64-bit word. Bits in no field are ignored by hardware.
 *
 * <p>Made once as a constant beside its fields, so that two fields claiming one bit fail when the
 * class is loaded.
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

  /** {@return the layout of these fields, in any order} */
  public static Layout of(String name, BitField... fields) {
    return new Layout(name, List.of(fields));
  }

  /** {@return all bits of all fields, as ones} */
  public long mask() {
    return fields.stream().mapToLong(BitField::mask).reduce(0, (a, b) -> a | b);
  }

  /**
   * {@return {@code word} with its name, in whole and by fields: {@code GSTS 0x80000000: TES=1}}
   */
  public String line(long word) {
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
