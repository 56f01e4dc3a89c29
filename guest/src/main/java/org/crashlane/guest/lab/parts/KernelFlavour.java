// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.util.Locale;

/** Which of Debian's kernels the lab boots. */
public enum KernelFlavour {
  /** The kernel for virtual machines: NVMe built in, no AHCI and no AMD IOMMU driver at all. */
  CLOUD("cloud-amd64"),
  /** The kernel for any machine: disk drivers are modules. */
  FULL("amd64");

  private final String suffix;

  KernelFlavour(String suffix) {
    this.suffix = suffix;
  }

  /** {@return the name that users write} */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** {@return the package that depends on the newest image of this flavour} */
  String metaPackage() {
    return "linux-image-" + suffix;
  }
}
