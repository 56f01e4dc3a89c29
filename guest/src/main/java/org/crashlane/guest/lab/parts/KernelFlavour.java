// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.util.Locale;

/** Which of Debian's kernels the lab boots. */
public enum KernelFlavour {
  /** The kernel for virtual machines: NVMe built in, no AHCI and no AMD IOMMU driver at all. */
  CLOUD("cloud-amd64", 200L << 20),
  /** The kernel for any machine: disk drivers are modules. */
  FULL("amd64", 600L << 20);

  private final String suffix;

  private final long unpackingBytes;

  KernelFlavour(String suffix, long unpackingBytes) {
    this.suffix = suffix;
    this.unpackingBytes = unpackingBytes;
  }

  /** {@return the name that users write} */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** {@return the package that depends on the newest image of this flavour} */
  String metaPackage() {
    return "linux-image-" + suffix;
  }

  /** {@return what its package and all that is in it take together on the disk, rounded up} */
  long unpackingBytes() {
    return unpackingBytes;
  }
}
