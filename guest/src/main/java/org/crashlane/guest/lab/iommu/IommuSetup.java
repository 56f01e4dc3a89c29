// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu;

import java.util.Set;

/**
 * What a guest's IOMMU offers beyond the least, and what Linux is asked to do with it.
 *
 * @param features of the emulated unit
 * @param options of both kernels
 */
public record IommuSetup(Set<Feature> features, Set<LinuxOption> options) {

  /** Nothing that has to be asked for. */
  public static final IommuSetup PLAIN = new IommuSetup(Set.of(), Set.of());

  /** What a unit may offer. */
  public enum Feature {
    /** It remaps interrupts. */
    INTERRUPT_REMAPPING("--intremap on"),
    /** Its tables have three levels; QEMU's default for VT-d, said on the command line. */
    ADDRESS_39_BITS("--aw-bits 39"),
    /** Its tables have four levels. */
    ADDRESS_48_BITS("--aw-bits 48"),
    /** VT-d's scalable mode: context entries lead to PASID tables. */
    SCALABLE_MODE("--scalable"),
    /** VT-d's caching mode (CAP.CM): entries that are not present may be cached, too. */
    CACHING_MODE("--caching-mode");

    private final String option;

    Feature(String option) {
      this.option = option;
    }

    /** {@return how users ask for it} */
    public String option() {
      return option;
    }
  }

  /** A word of the kernels' command line (admin-guide/kernel-parameters.txt, Linux 5.10 to 7.3). */
  public enum LinuxOption {
    /** Devices are not translated unless they need it. */
    PT("iommu.passthrough=1"),
    /** What is unmapped is invalidated at once. */
    STRICT("iommu.strict=1");

    private final String argument;

    LinuxOption(String argument) {
      this.argument = argument;
    }

    /** {@return the word} */
    public String argument() {
      return argument;
    }
  }

  public IommuSetup {
    features = Set.copyOf(features);
    options = Set.copyOf(options);
    if (features.contains(Feature.ADDRESS_39_BITS) && features.contains(Feature.ADDRESS_48_BITS)) {
      throw new IllegalArgumentException("an IOMMU with addresses of both 39 and 48 bits");
    }
  }

  /** {@return true if the unit offers {@code feature}} */
  public boolean has(Feature feature) {
    return features.contains(feature);
  }
}
