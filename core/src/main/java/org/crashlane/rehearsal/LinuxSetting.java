// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What makes a stock capture kernel of Linux on x86 follow a strategy, and in which versions. A
 * strategy without one has no such kernel.
 *
 * @param strategy what it makes the capture kernel do
 * @param mode behind which IOMMU
 * @param means how
 * @param parameter on the capture kernel's command line; empty but for {@link Means#PARAMETER}
 * @param linux the versions that do so
 * @param adoption how old tables are taken over, for {@link Strategy#ADOPT}
 * @param commit what made Linux do so, or stopped it; empty where it was so before
 */
public record LinuxSetting(
    Strategy strategy,
    MappingMode mode,
    Means means,
    String parameter,
    Versions linux,
    Adoption adoption,
    String commit) {

  /** How a capture kernel is made to follow a strategy. */
  public enum Means {
    /** By a parameter of its command line. */
    PARAMETER,
    /** It does so without one. */
    NO_PARAMETER,
    /** By an ACPI table in front of its initrd that shows no IOMMU. */
    HIDDEN_TABLE
  }

  /**
   * Versions of Linux.
   *
   * @param first the first; empty where there is no earlier one to tell apart
   * @param last the last; empty where the newest is one
   */
  public record Versions(String first, String last) {
    private static final Pattern SERIES = Pattern.compile("^([0-9]{1,6})\\.([0-9]{1,6})");

    /**
     * {@return true if {@code release} is one of them}
     *
     * @param release as {@code uname -r} gives it; what begins with no number is taken for the
     *     newest
     */
    public boolean includes(String release) {
      return (first.isEmpty() || compare(release, first) >= 0)
          && (last.isEmpty() || compare(release, last) <= 0);
    }

    private static int compare(String one, String other) {
      return Arrays.compare(series(one), series(other));
    }

    private static int[] series(String release) {
      Matcher numbers = SERIES.matcher(release);
      return numbers.find()
          ? new int[] {Integer.parseInt(numbers.group(1)), Integer.parseInt(numbers.group(2))}
          : new int[] {Integer.MAX_VALUE, 0};
    }
  }

  /** Of one strategy and mode the usual one comes first. */
  private static final List<LinuxSetting> ALL =
      List.of(
          hidden(Strategy.NONE),
          // "iommu/vt-d: Make sure IOMMUs are off when intel_iommu=off"; before it they stayed on.
          set(Strategy.NONE, MappingMode.VTD, "intel_iommu=off", "4.2", "4.11", "161b28aae165"),
          // "iommu/amd: Don't call early_amd_iommu_init() when AMD IOMMU is disabled"
          set(Strategy.NONE, MappingMode.AMDVI, "amd_iommu=off", "5.12", "", "9f81ca8d1fd6"),
          // amd_iommu_detect() of drivers/iommu/amd/init.c returns at once.
          set(Strategy.NONE, MappingMode.AMDVI, "iommu=off", "", "", ""),
          hidden(Strategy.IDENTITY),
          set(Strategy.IDENTITY, MappingMode.AMDVI, "amd_iommu=off", "5.12", "", "9f81ca8d1fd6"),
          // "iommu/vt-d: Copy translation tables from old kernel"
          set(Strategy.ADOPT, MappingMode.VTD, "intel_iommu=on", "4.2", "", "091d42e43d21"),
          // "iommu/amd: Copy old trans table from old kernel"
          unset(new Versions("4.14", "6.17"), Adoption.COPY, "3ac3e5ee5ed5"),
          // "iommu/amd: Reuse device table for kdump"; 6.17 has it in stable releases, 6.17.13 for
          // one.
          unset(new Versions("6.18", ""), Adoption.REUSE, "38e5f33ee359"),
          set(Strategy.OFF, MappingMode.VTD, "intel_iommu=off", "4.12", "", "161b28aae165"),
          set(Strategy.OFF, MappingMode.VTD, "iommu=off", "4.12", "", "161b28aae165"),
          // early_amd_iommu_init() switched units off before it heeded the option; 5.11 before
          // 5.11.9
          // did not boot with it.
          set(Strategy.OFF, MappingMode.AMDVI, "amd_iommu=off", "4.14", "5.10", "9f81ca8d1fd6"));

  private static LinuxSetting hidden(Strategy strategy) {
    return new LinuxSetting(
        strategy, MappingMode.VTD, Means.HIDDEN_TABLE, "", new Versions("", ""), Adoption.COPY, "");
  }

  private static LinuxSetting set(
      Strategy strategy,
      MappingMode mode,
      String parameter,
      String first,
      String last,
      String commit) {
    return new LinuxSetting(
        strategy,
        mode,
        Means.PARAMETER,
        parameter,
        new Versions(first, last),
        Adoption.COPY,
        commit);
  }

  private static LinuxSetting unset(Versions linux, Adoption adoption, String commit) {
    return new LinuxSetting(
        Strategy.ADOPT, MappingMode.AMDVI, Means.NO_PARAMETER, "", linux, adoption, commit);
  }

  /** {@return all of them} */
  public static List<LinuxSetting> all() {
    return ALL;
  }

  /** {@return the usual one that makes a kernel behind {@code mode} follow {@code strategy}} */
  public static Optional<LinuxSetting> of(Strategy strategy, MappingMode mode) {
    return ALL.stream().filter(s -> s.strategy == strategy && s.mode == mode).findFirst();
  }

  /** {@return true if a kernel follows {@code strategy} by {@code parameter}} */
  public static boolean hasParameter(Strategy strategy, String parameter) {
    return !parameter.isEmpty()
        && ALL.stream().anyMatch(s -> s.strategy == strategy && s.parameter.equals(parameter));
  }

  /** {@return the one that takes old tables over by {@code adoption}} */
  public static Optional<LinuxSetting> of(Adoption adoption, MappingMode mode) {
    return ALL.stream()
        .filter(s -> s.strategy == Strategy.ADOPT && s.mode == mode && s.adoption == adoption)
        .findFirst();
  }

  /**
   * {@return the versions that do the same for the same setting, the other way of adopting
   * included}
   */
  public Versions versions() {
    List<LinuxSetting> same =
        ALL.stream()
            .filter(s -> s.strategy == strategy && s.mode == mode && s.parameter.equals(parameter))
            .toList();
    return new Versions(same.getFirst().linux.first, same.getLast().linux.last);
  }

  /** {@return how a kernel of {@code release} takes old tables over behind {@code mode}} */
  public static Adoption adoption(MappingMode mode, String release) {
    return ALL.stream()
        .filter(s -> s.strategy == Strategy.ADOPT && s.mode == mode && s.linux.includes(release))
        .map(LinuxSetting::adoption)
        .findFirst()
        .orElse(Adoption.COPY);
  }

  /**
   * {@return what a kernel of {@code release} really does that has the driver and is set to follow
   * {@code strategy} by a parameter}
   */
  public static Strategy effect(Strategy strategy, MappingMode mode, String release) {
    Optional<LinuxSetting> set = of(strategy, mode).filter(s -> s.means == Means.PARAMETER);
    List<Strategy> does =
        ALL.stream()
            .filter(s ->
                s.mode == mode
                    && s.parameter.equals(set.map(LinuxSetting::parameter).orElse(""))
                    && s.linux.includes(release))
            .map(LinuxSetting::strategy)
            .toList();
    return set.isEmpty() || does.isEmpty() || does.contains(strategy) ? strategy : does.getFirst();
  }

  /**
   * {@return true if distributions' kdump does so where nobody changes it} Their tools give the
   * capture kernel the first kernel's command line, {@code intel_iommu=on} with it.
   */
  public static boolean isUsual(Strategy strategy) {
    return strategy == Strategy.ADOPT;
  }
}
