// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.bits.BitField;

/**
 * What a unit's control register says of interrupts.
 *
 * @param enabled the unit works at all (Control.IommuEn); what it does with interrupts is each
 *     device's own
 * @param format how the entries of all tables are laid out (Control.GAEn, Control.XTEn)
 */
record InterruptSettings(boolean enabled, InterruptFormat format) {
  private static final BitField IOMMU_EN = BitField.bit("IommuEn", 0);
  private static final BitField GA_EN = BitField.bit("GAEn", 17);
  private static final BitField XT_EN = BitField.bit("XTEn", 50);

  /** {@return what {@code control}, the control register, says} */
  static InterruptSettings of(long control) {
    InterruptFormat wide =
        XT_EN.isSet(control) ? InterruptFormat.WIDE_X2APIC : InterruptFormat.WIDE;
    return new InterruptSettings(
        IOMMU_EN.isSet(control), GA_EN.isSet(control) ? wide : InterruptFormat.SMALL);
  }

  @Override
  public String toString() {
    return "Control.IommuEn=%d Control.GAEn=%d Control.XTEn=%d"
        .formatted(
            enabled ? 1 : 0,
            format == InterruptFormat.SMALL ? 0 : 1,
            format == InterruptFormat.WIDE_X2APIC ? 1 : 0);
  }
}
