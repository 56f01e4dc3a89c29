// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A machine's capture kernel, as far as it can be seen from outside. Its version and its
 * configuration cannot.
 *
 * @param mode behind which IOMMU it is
 * @param state what is known of it
 * @param commandLine its parameters; empty if they are not known
 */
public record CaptureKernel(MappingMode mode, State state, String commandLine) {

  /** What is known of a capture kernel. */
  public enum State {
    NOT_KNOWN,
    /** It waits for the crash. */
    LOADED,
    /** It waits, with an ACPI table in front of its initrd that shows no IOMMU. */
    LOADED_BLIND,
    /** The machine has crashed, and it runs. */
    RUNS,
    /** It runs, and has given a translating IOMMU tables of its own. */
    TOOK_OVER
  }

  /** {@return one of which nothing is known} */
  public static CaptureKernel notKnown(MappingMode mode) {
    return new CaptureKernel(mode, State.NOT_KNOWN, "");
  }

  /**
   * {@return what decides which strategy it follows; nothing if that is not known} That it has a
   * driver for the IOMMU, and is of a version that knows the parameter, is taken for granted.
   */
  public Optional<LinuxSetting> setting() {
    return switch (state) {
      case NOT_KNOWN, RUNS -> Optional.empty();
      case LOADED_BLIND -> LinuxSetting.of(Strategy.NONE, mode);
      case TOOK_OVER -> LinuxSetting.of(Strategy.ADOPT, mode);
      case LOADED -> byParameter();
    };
  }

  /** Linux heeds every parameter in turn: only where all agree is the outcome plain. */
  private Optional<LinuxSetting> byParameter() {
    List<String> own =
        switch (mode) {
          case VTD -> values("intel_iommu");
          case AMDVI -> values("amd_iommu");
          case NOMMU, SWIOTLB, GART, CALGARY -> List.of();
        };
    List<String> named =
        own.stream().filter(value -> value.equals("on") || value.equals("off")).distinct().toList();
    if (named.size() != 1 || values("iommu").contains("off")) {
      return Optional.empty();
    }
    String suffix = "_iommu=" + named.getFirst();
    return Stream.of(Strategy.ADOPT, Strategy.NONE, Strategy.OFF)
        .flatMap(strategy -> LinuxSetting.of(strategy, mode).stream())
        .filter(setting -> setting.parameter().endsWith(suffix))
        .findFirst();
  }

  private List<String> values(String name) {
    return Stream.of(commandLine.split(" "))
        .filter(parameter -> parameter.startsWith(name + "="))
        .flatMap(parameter -> Stream.of(parameter.substring(name.length() + 1).split(",")))
        .toList();
  }
}
