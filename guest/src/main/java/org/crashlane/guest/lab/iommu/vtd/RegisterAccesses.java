// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.vtd;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.guest.lab.iommu.AccessWords;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.iommu.vtd.Registers.Gcmd;

/**
 * Accesses to the registers of QEMU's Intel IOMMU (its trace events {@code vtd_reg_read} and {@code
 * vtd_reg_write}, hw/i386/trace-events, QEMU 7.2) in words, those to one register together: Linux
 * writes the tail of the invalidation queue some two hundred times while it boots.
 */
final class RegisterAccesses {
  private static final Pattern ACCESS =
      Pattern.compile(
          "vtd_reg_(?:read|write) addr (0x[0-9a-f]{1,16}) size 0x[0-9a-f]+"
              + "(?: value (0x[0-9a-f]{1,16}))?");

  private RegisterAccesses() {}

  /**
   * {@return what was written, one line for each register in the order of first writes}
   *
   * @param traced lines of the trace; one that is no access stays as it is
   */
  static List<String> writes(List<String> traced) {
    Map<Long, List<Long>> values = new LinkedHashMap<>();
    List<String> others = new ArrayList<>();
    for (String line : traced) {
      Matcher access = ACCESS.matcher(line);
      if (access.matches() && access.group(2) != null) {
        values
            .computeIfAbsent(Hex.parse(access.group(1)), _ -> new ArrayList<>())
            .add(Hex.parse(access.group(2)));
      } else {
        others.add(line);
      }
    }
    List<String> lines = new ArrayList<>();
    values.forEach((offset, written) -> lines.add(written(offset, written)));
    lines.addAll(others);
    return lines;
  }

  /** {@return what was read, in one line; nothing if nothing was} */
  static Optional<String> reads(List<String> traced) {
    if (traced.isEmpty()) {
      return Optional.empty();
    }
    LinkedHashSet<String> registers = new LinkedHashSet<>();
    for (String line : traced) {
      Matcher access = ACCESS.matcher(line);
      registers.add(access.matches() ? name(Hex.parse(access.group(1))) : line);
    }
    return Optional.of(
        "read " + String.join(", ", registers) + ": " + AccessWords.times(traced.size()));
  }

  private static String written(long offset, List<Long> values) {
    String quoted = AccessWords.quoted(values, value -> value(offset, value));
    String register = name(offset);
    if (!register.startsWith("register")) {
      register += " (register " + Hex.of(offset) + ")";
    }
    return values.size() == 1
        ? "wrote " + quoted + " to " + register
        : "wrote to " + register + " " + AccessWords.times(values.size()) + ": " + quoted;
  }

  private static String value(long offset, long value) {
    return offset == Registers.GCMD.offset() ? Hex.of(value) + commands(value) : Hex.of(value);
  }

  /** Each write of GCMD says all of the bits anew: one that is clear switches off. */
  private static String commands(long value) {
    String set =
        Registers.GCMD.layout().fields().stream()
            .filter(command -> command.isSet(value))
            .map(BitField::name)
            .collect(Collectors.joining(" "));
    String bits = set.isEmpty() ? "nothing set" : set;
    return " [" + bits + (Gcmd.TE.isSet(value) ? "]" : "; TE clear: translation off]");
  }

  /** A register of 64 bits may be accessed by halves; then the upper one has an address too. */
  private static String name(long offset) {
    return Registers.at(offset)
        .map(register -> register.name() + (offset == register.offset() ? "" : "'s upper half"))
        .orElse("register " + Hex.of(offset));
  }
}
