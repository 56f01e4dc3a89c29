// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.util.List;
import java.util.Optional;

/**
 * What makes a stock capture kernel of Linux on x86 follow a strategy. A strategy without one has
 * no such kernel.
 *
 * <p>Copying of the old tables: VT-d since Linux 4.2 (commit 091d42e43d21, "iommu/vt-d: Copy
 * translation tables from old kernel"), AMD since 4.14 (3ac3e5ee5ed5, "iommu/amd: Copy old trans
 * table from old kernel"; from 6.18 on, 38e5f33ee359, "Reuse device table for kdump"). The others
 * are as {@code drivers/iommu} of 6.1 has them: {@code intel_iommu=off} disables translation that
 * is found on (intel_iommu_init()); {@code amd_iommu=off} ends before a unit is looked at
 * (state_next()), which leaves it running.
 *
 * @param strategy what it makes the capture kernel do
 * @param mode behind which IOMMU
 * @param means how
 * @param parameter on the capture kernel's command line; empty but for {@link Means#PARAMETER}
 * @param linux the first version that does so; empty where only 6.1 was looked at
 */
public record LinuxSetting(
    Strategy strategy, MappingMode mode, Means means, String parameter, String linux) {

  /** How a capture kernel is made to follow a strategy. */
  public enum Means {
    /** By a parameter of its command line. */
    PARAMETER,
    /** It does so without one. */
    NO_PARAMETER,
    /** By an ACPI table in front of its initrd that shows no IOMMU. */
    HIDDEN_TABLE
  }

  private static final List<LinuxSetting> ALL =
      List.of(
          new LinuxSetting(Strategy.NONE, MappingMode.VTD, Means.HIDDEN_TABLE, "", ""),
          new LinuxSetting(Strategy.NONE, MappingMode.AMDVI, Means.PARAMETER, "amd_iommu=off", ""),
          new LinuxSetting(Strategy.IDENTITY, MappingMode.VTD, Means.HIDDEN_TABLE, "", ""),
          new LinuxSetting(
              Strategy.IDENTITY, MappingMode.AMDVI, Means.PARAMETER, "amd_iommu=off", ""),
          new LinuxSetting(
              Strategy.ADOPT, MappingMode.VTD, Means.PARAMETER, "intel_iommu=on", "4.2"),
          new LinuxSetting(Strategy.ADOPT, MappingMode.AMDVI, Means.NO_PARAMETER, "", "4.14"),
          new LinuxSetting(Strategy.OFF, MappingMode.VTD, Means.PARAMETER, "intel_iommu=off", ""));

  /** {@return the one that makes a kernel behind {@code mode} follow {@code strategy}, if any} */
  public static Optional<LinuxSetting> of(Strategy strategy, MappingMode mode) {
    return ALL.stream().filter(s -> s.strategy == strategy && s.mode == mode).findFirst();
  }

  /** {@return true if a kernel follows {@code strategy} by {@code parameter}} */
  public static boolean hasParameter(Strategy strategy, String parameter) {
    return !parameter.isEmpty()
        && ALL.stream().anyMatch(s -> s.strategy == strategy && s.parameter.equals(parameter));
  }

  /**
   * {@return true if distributions' kdump does so where nobody changes it} Their tools give the
   * capture kernel the first kernel's command line, {@code intel_iommu=on} with it.
   */
  public static boolean isUsual(Strategy strategy) {
    return strategy == Strategy.ADOPT;
  }
}
