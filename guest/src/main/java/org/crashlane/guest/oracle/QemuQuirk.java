// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

/** Where an IOMMU of QEMU 7.2 is known to do other than the unit, and why. */
public sealed interface QemuQuirk permits AmdviQuirk, VtdQuirk {

  /** {@return its name} */
  String name();

  /** {@return why QEMU differs, in one line} */
  String reason();
}
