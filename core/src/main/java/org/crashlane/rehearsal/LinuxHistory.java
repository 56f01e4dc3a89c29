// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.crashlane.rule.Evidence.LinuxChange;
import org.crashlane.rule.Evidence.OfLinux;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Verdict;

/**
 * Which findings a kernel's version explains.
 *
 * @param change what Linux has come to do
 * @param modes behind which IOMMUs
 * @param role which of the two kernels
 * @param strategies when the capture kernel is to follow one of these
 * @param explains the finding that is so because of it
 * @param linux the versions that do so
 * @param source a commit of Linux, or a file and what shows it there
 */
public record LinuxHistory(
    LinuxChange change,
    Set<MappingMode> modes,
    Role role,
    Set<Strategy> strategies,
    FindingCode explains,
    LinuxSetting.Versions linux,
    String source) {

  /** Which kernel of the two. */
  public enum Role {
    PRIMARY,
    CAPTURE
  }

  /**
   * The kernels of a crash.
   *
   * @param primary release of the one that dies
   * @param capture release of the one that writes the dump
   */
  public record Releases(String primary, String capture) {
    private String of(Role role) {
      return switch (role) {
        case PRIMARY -> primary;
        case CAPTURE -> capture;
      };
    }
  }

  private static final Set<MappingMode> VTD = EnumSet.of(MappingMode.VTD);
  private static final Set<MappingMode> AMDVI = EnumSet.of(MappingMode.AMDVI);

  private static final List<LinuxHistory> ALL =
      List.of(
          // "iommu/vt-d: Make sure IOMMUs are off when intel_iommu=off"
          capture(
              LinuxChange.OFF_STOPS_UNITS,
              VTD,
              Strategy.OFF,
              FindingCode.C2,
              "4.12",
              "161b28aae165"),
          // "iommu/amd: Don't call early_amd_iommu_init() when AMD IOMMU is disabled"
          capture(
              LinuxChange.OFF_LEAVES_UNITS,
              AMDVI,
              Strategy.OFF,
              FindingCode.C5,
              "5.12",
              "9f81ca8d1fd6"),
          // "iommu/amd: Reuse device table for kdump"
          capture(
              LinuxChange.DEVICE_TABLE_REUSED,
              AMDVI,
              Strategy.ADOPT,
              FindingCode.C2,
              "6.18",
              "38e5f33ee359"),
          // Debian's 6.19.14 exports pt_iommu_amdv1_init and pt_iommu_vtdss_init, its 6.18.15
          // neither.
          new LinuxHistory(
              LinuxChange.GENERIC_PAGE_TABLES,
              EnumSet.of(MappingMode.VTD, MappingMode.AMDVI),
              Role.PRIMARY,
              EnumSet.allOf(Strategy.class),
              FindingCode.A1,
              new LinuxSetting.Versions("6.19", ""),
              "drivers/iommu/generic_pt"));

  private static LinuxHistory capture(
      LinuxChange change,
      Set<MappingMode> modes,
      Strategy strategy,
      FindingCode explains,
      String first,
      String source) {
    return new LinuxHistory(
        change,
        modes,
        Role.CAPTURE,
        EnumSet.of(strategy),
        explains,
        new LinuxSetting.Versions(first, ""),
        source);
  }

  /** {@return all of it} */
  public static List<LinuxHistory> all() {
    return ALL;
  }

  /** {@return {@code verdict}, each finding with what the kernels' versions have to do with it} */
  public static Verdict explain(
      Verdict verdict, MappingMode mode, Strategy strategy, Releases releases) {
    List<LinuxHistory> theirs =
        ALL.stream()
            .filter(h ->
                h.modes.contains(mode)
                    && h.strategies.contains(strategy)
                    && h.linux.includes(releases.of(h.role)))
            .toList();
    return Verdict.of(
        verdict.findings().stream().map(finding -> explained(finding, theirs)).toList());
  }

  private static Finding explained(Finding finding, List<LinuxHistory> theirs) {
    return finding.withEvidence(
        theirs.stream()
            .filter(h -> h.explains == finding.code())
            .map(h -> new OfLinux(h.change, h.linux.first(), h.source))
            .toList());
  }
}
