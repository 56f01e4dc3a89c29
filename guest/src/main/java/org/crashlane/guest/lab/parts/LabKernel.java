// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

/**
 * A kernel that a guest of the lab boots.
 *
 * @param spec which Linux
 * @param flavour in which of Debian's configurations, where the spec leaves that open
 */
public record LabKernel(KernelSpec spec, KernelFlavour flavour) {

  public LabKernel {
    flavour = spec.flavour().orElse(flavour);
  }

  /** {@return the host's newest kernel of that flavour} */
  public static LabKernel ofHost(KernelFlavour flavour) {
    return new LabKernel(new KernelSpec.Host(), flavour);
  }

  /** {@return the same Linux in another flavour} */
  public LabKernel in(KernelFlavour other) {
    return new LabKernel(spec, other);
  }

  /** {@return the name that users know it by} */
  public String label() {
    return spec.equals(new KernelSpec.Host())
        ? flavour.label()
        : spec.key() + " " + flavour.label();
  }

  /** {@return what stands for it in names of files} */
  String key() {
    return spec.equals(new KernelSpec.Host())
        ? flavour.metaPackage()
        : spec.key() + "-" + flavour.label();
  }
}
