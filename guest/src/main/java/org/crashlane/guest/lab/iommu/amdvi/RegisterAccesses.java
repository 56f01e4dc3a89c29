// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.amdvi;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.guest.lab.iommu.AccessWords;
import org.crashlane.guest.lab.iommu.RegisterSnapshot;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.amdvi.Registers;
import org.crashlane.iommu.amdvi.Registers.Control;

/**
 * Accesses to the registers of QEMU's AMD IOMMU in words.
 *
 * <p>QEMU 7.2 traces a write as the read of the same register, and no value (amdvi_mmio_trace() in
 * hw/i386/amd_iommu.c). What was written shows otherwise: a write of Control has an event of its
 * own with the value, one of CmdTail has commands run, and the others leave the register changed.
 */
final class RegisterAccesses {
  private static final Pattern ACCESS =
      Pattern.compile("amdvi_mmio_read \\S+ read addr (0x[0-9a-f]{1,16}),? .*");
  private static final Pattern CONTROL_WRITTEN =
      Pattern.compile("amdvi_control_status .* (0x[0-9a-f]{1,16})");
  private static final String COMMAND_RUN = "amdvi_command_exec ";

  /** Those of Control's bits that decide what a device or a capture kernel gets. */
  private static final List<BitField> SHOWN =
      List.of(Control.IOMMU_EN, Control.EVENT_LOG_EN, Control.CMD_BUF_EN, Control.GA_EN);

  private RegisterAccesses() {}

  /** {@return the accesses of either kind in one line; nothing if there were none} */
  static Optional<String> all(List<String> traced) {
    Set<String> registers = new LinkedHashSet<>();
    int count = 0;
    for (String line : traced) {
      Matcher access = ACCESS.matcher(line);
      if (access.matches()) {
        registers.add(name(Hex.parse(access.group(1))));
        count++;
      }
    }
    return count == 0
        ? Optional.empty()
        : Optional.of("accessed " + String.join(", ", registers) + ": " + AccessWords.times(count));
  }

  /**
   * {@return what was written, one line for each register, as far as it shows}
   *
   * @param atReady the registers before
   * @param atEnd the registers after
   */
  static List<String> writes(
      List<String> traced, RegisterSnapshot atReady, RegisterSnapshot atEnd) {
    List<String> lines = new ArrayList<>();
    List<Long> control = new ArrayList<>();
    int commands = 0;
    for (String line : traced) {
      Matcher written = CONTROL_WRITTEN.matcher(line);
      if (written.matches()) {
        control.add(Hex.parse(written.group(1)));
      } else if (line.startsWith(COMMAND_RUN)) {
        commands++;
      }
    }
    if (!control.isEmpty()) {
      lines.add(
          "wrote to Control "
              + AccessWords.times(control.size())
              + ": "
              + AccessWords.quoted(control, RegisterAccesses::control));
    }
    for (Register register : LabUnit.SET_UP) {
      if (!register.is(Registers.CONTROL)) {
        changed(register, atReady, atEnd).ifPresent(lines::add);
      }
    }
    if (commands > 0) {
      lines.add("had it run " + commands + (commands == 1 ? " command" : " commands"));
    }
    return lines;
  }

  private static Optional<String> changed(
      Register register, RegisterSnapshot atReady, RegisterSnapshot atEnd) {
    long before = atReady.registers().getOrDefault(register.name(), 0L);
    long after = atEnd.registers().getOrDefault(register.name(), before);
    return before == after
        ? Optional.empty()
        : Optional.of(
            "changed %s from %s to %s".formatted(register.name(), Hex.of(before), Hex.of(after)));
  }

  private static String control(long value) {
    String set =
        SHOWN.stream()
            .filter(bit -> bit.isSet(value))
            .map(BitField::name)
            .collect(Collectors.joining(" "));
    if (!Control.IOMMU_EN.isSet(value)) {
      set += (set.isEmpty() ? "" : "; ") + "IommuEn clear: translation off";
    }
    return Hex.of(value) + " [" + set + "]";
  }

  private static String name(long offset) {
    return Registers.at(offset).map(Register::name).orElse("register " + Hex.of(offset));
  }
}
