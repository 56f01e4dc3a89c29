// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.vtd;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.iommu.vtd.Registers.Gcmd;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Quote;
import org.crashlane.rule.Evidence.Source;
import org.crashlane.rule.Sighting.RegisterId;
import org.crashlane.rule.Sighting.RegisterValue;
import org.crashlane.rule.Sighting.RegisterWritten;
import org.crashlane.rule.Sighting.RegistersAccessed;
import org.crashlane.rule.Sighting.Translation;

/**
 * Accesses to the registers of QEMU's Intel IOMMU (its trace events {@code vtd_reg_read} and {@code
 * vtd_reg_write}, hw/i386/trace-events, QEMU 7.2), those to one register together: Linux writes the
 * tail of the invalidation queue some two hundred times while it boots.
 */
final class RegisterAccesses {
  private static final Pattern ACCESS =
      Pattern.compile(
          "vtd_reg_(?:read|write) addr (0x[0-9a-f]{1,16}) size 0x[0-9a-f]+"
              + "(?: value (0x[0-9a-f]{1,16}))?");

  private RegisterAccesses() {}

  /**
   * {@return what was written, by register in the order of first writes}
   *
   * @param traced lines of the trace; one that is no access stays as it is
   */
  static List<Evidence> writes(List<String> traced) {
    Map<Long, List<RegisterValue>> values = new LinkedHashMap<>();
    List<Evidence> others = new ArrayList<>();
    for (String line : traced) {
      Matcher access = ACCESS.matcher(line);
      if (access.matches() && access.group(2) != null) {
        long offset = Hex.parse(access.group(1));
        values
            .computeIfAbsent(offset, _ -> new ArrayList<>())
            .add(value(offset, Hex.parse(access.group(2))));
      } else {
        others.add(new Quote(Source.QEMU_TRACE, line));
      }
    }
    List<Evidence> writes = new ArrayList<>();
    values.forEach((offset, written) -> writes.add(RegisterWritten.of(register(offset), written)));
    writes.addAll(others);
    return writes;
  }

  /** {@return what was read; nothing if nothing was} */
  static List<Evidence> reads(List<String> traced) {
    if (traced.isEmpty()) {
      return List.of();
    }
    Set<RegisterId> registers = new LinkedHashSet<>();
    List<Evidence> reads = new ArrayList<>();
    for (String line : traced) {
      Matcher access = ACCESS.matcher(line);
      if (access.matches()) {
        registers.add(register(Hex.parse(access.group(1))));
      } else {
        reads.add(new Quote(Source.QEMU_TRACE, line));
      }
    }
    if (!registers.isEmpty()) {
      int count = traced.size() - reads.size();
      reads.addFirst(new RegistersAccessed(true, List.copyOf(registers), count));
    }
    return reads;
  }

  /** Each write of GCMD says all of the bits anew: one that is clear switches off. */
  private static RegisterValue value(long offset, long value) {
    return offset == Registers.GCMD.offset()
        ? new RegisterValue(
            value,
            Registers.GCMD.layout().fields().stream()
                .filter(command -> command.isSet(value))
                .map(BitField::name)
                .toList(),
            Gcmd.TE.isSet(value) ? Translation.ON : Translation.OFF)
        : new RegisterValue(value);
  }

  /** A register of 64 bits may be accessed by halves; then the upper one has an address too. */
  private static RegisterId register(long offset) {
    return Registers.at(offset)
        .map(register -> register.name() + (offset == register.offset() ? "" : "'s upper half"))
        .map(name -> new RegisterId(name, offset))
        .orElseGet(() -> new RegisterId("", offset));
  }
}
