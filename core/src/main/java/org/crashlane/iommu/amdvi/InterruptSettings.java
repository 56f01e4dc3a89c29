// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.stream.Stream;
import org.crashlane.bits.Layout;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Word;
import org.crashlane.iommu.amdvi.Registers.Control;

/**
 * How a unit is set that remaps interrupts.
 *
 * @param enabled the unit works at all (Control.IommuEn); what it does with interrupts is each
 *     device's own
 * @param format how the entries of all tables are laid out (Control.GAEn, Control.XTEn)
 * @param encryptionMask the address bit that says encrypted, and is no address
 */
record InterruptSettings(boolean enabled, InterruptFormat format, long encryptionMask) {
  private static final Layout DECIDING =
      Registers.CONTROL.layout().only(Control.IOMMU_EN, Control.GA_EN, Control.XT_EN);

  /**
   * {@return what the registers of a unit say}
   *
   * @param control the control register
   * @param encryptionMask the address bit that says encrypted (SME), or 0
   */
  static InterruptSettings of(long control, long encryptionMask) {
    InterruptFormat wide =
        Control.XT_EN.isSet(control) ? InterruptFormat.WIDE_X2APIC : InterruptFormat.WIDE;
    return new InterruptSettings(
        Control.IOMMU_EN.isSet(control),
        Control.GA_EN.isSet(control) ? wide : InterruptFormat.SMALL,
        encryptionMask);
  }

  /** {@return those bits of the control register that decide} */
  Word control() {
    return DECIDING.word(
        Control.IOMMU_EN.of(enabled ? 1 : 0)
            | Control.GA_EN.of(format == InterruptFormat.SMALL ? 0 : 1)
            | Control.XT_EN.of(format == InterruptFormat.WIDE_X2APIC ? 1 : 0));
  }

  /** {@return why interrupts are not remapped} */
  Reason notRemapped() {
    return Reason.of(
        Named.NOT_REMAPPED,
        new Reason.Fields(
            Stream.of(Control.IOMMU_EN, Control.GA_EN, Control.XT_EN)
                .map(field -> new Reason.Field(control(), field))
                .toList()));
  }

  /** {@return where the table starts that {@code word}, of a device table entry, names} */
  long table(long word) {
    return InterruptControl.INT_TAB_ROOT.inPlace(word) & ~encryptionMask;
  }
}
