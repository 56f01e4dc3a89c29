// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.amdvi;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.guest.lab.iommu.RegisterSnapshot;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.amdvi.Registers;
import org.crashlane.iommu.amdvi.Registers.Control;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Evidence.Quote;
import org.crashlane.rule.Evidence.Source;
import org.crashlane.rule.Sighting.RegisterChanged;
import org.crashlane.rule.Sighting.RegisterId;
import org.crashlane.rule.Sighting.RegisterValue;
import org.crashlane.rule.Sighting.RegisterWritten;
import org.crashlane.rule.Sighting.RegistersAccessed;
import org.crashlane.rule.Sighting.Translation;

/**
 * Accesses to the registers of QEMU's AMD IOMMU.
 *
 * <p>QEMU (7.2 and 10.0) traces a write as the read of the same register, and no value
 * (amdvi_mmio_trace() in hw/i386/amd_iommu.c). What was written shows otherwise: a write of Control
 * has an event of its own with the value, one of CmdTail has commands run, and the others leave the
 * register changed.
 */
final class RegisterAccesses {
  private static final String ACCESSED = "amdvi_mmio_read ";
  private static final Pattern ACCESS =
      Pattern.compile(ACCESSED + "\\S+ read addr (0x[0-9a-f]{1,16}),? .*");
  private static final Pattern CONTROL_WRITTEN =
      Pattern.compile("amdvi_control_status .* (0x[0-9a-f]{1,16})");
  private static final String COMMAND_RUN = "amdvi_command_exec ";

  /** Those of Control's bits that decide what a device or a capture kernel gets. */
  private static final List<BitField> SHOWN =
      List.of(Control.IOMMU_EN, Control.EVENT_LOG_EN, Control.CMD_BUF_EN, Control.GA_EN);

  private RegisterAccesses() {}

  /**
   * {@return the accesses of either kind, and lines about one that are not understood; nothing if
   * there were none}
   */
  static List<Evidence> all(List<String> traced) {
    Set<RegisterId> registers = new LinkedHashSet<>();
    List<Evidence> accesses = new ArrayList<>();
    int count = 0;
    for (String line : traced) {
      Matcher access = ACCESS.matcher(line);
      if (access.matches()) {
        registers.add(register(Hex.parse(access.group(1))));
        count++;
      } else if (line.startsWith(ACCESSED)) {
        accesses.add(new Quote(Source.QEMU_TRACE, line));
      }
    }
    if (count > 0) {
      accesses.addFirst(new RegistersAccessed(false, List.copyOf(registers), count));
    }
    return accesses;
  }

  /**
   * {@return what was written, by register, as far as it shows}
   *
   * @param atReady the registers before
   * @param atEnd the registers after
   */
  static List<Evidence> writes(
      List<String> traced, RegisterSnapshot atReady, RegisterSnapshot atEnd) {
    List<Evidence> writes = new ArrayList<>();
    List<RegisterValue> control = new ArrayList<>();
    int commands = 0;
    for (String line : traced) {
      Matcher written = CONTROL_WRITTEN.matcher(line);
      if (written.matches()) {
        control.add(control(Hex.parse(written.group(1))));
      } else if (line.startsWith(COMMAND_RUN)) {
        commands++;
      }
    }
    if (!control.isEmpty()) {
      writes.add(RegisterWritten.of(RegisterId.of(Registers.CONTROL), control));
    }
    for (Register register : LabUnit.SET_UP) {
      if (!register.is(Registers.CONTROL)) {
        changed(register, atReady, atEnd).ifPresent(writes::add);
      }
    }
    if (commands > 0) {
      writes.add(new Amount(Quantity.COMMANDS_RUN, commands));
    }
    return writes;
  }

  private static Optional<Evidence> changed(
      Register register, RegisterSnapshot atReady, RegisterSnapshot atEnd) {
    long before = atReady.registers().getOrDefault(register.name(), 0L);
    long after = atEnd.registers().getOrDefault(register.name(), before);
    return before == after
        ? Optional.empty()
        : Optional.of(new RegisterChanged(RegisterId.of(register), before, after));
  }

  private static RegisterValue control(long value) {
    return new RegisterValue(
        value,
        SHOWN.stream().filter(bit -> bit.isSet(value)).map(BitField::name).toList(),
        Control.IOMMU_EN.isSet(value) ? Translation.ON : Translation.OFF);
  }

  /** Registers of 64 bits may be accessed by halves: either half is the register. */
  private static RegisterId register(long offset) {
    return Registers.at(offset).map(RegisterId::of).orElseGet(() -> new RegisterId("", offset));
  }
}
