// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.util.Comparator;
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

  /** Why a command line does not decide what is done with the IOMMU. */
  public enum Doubt {
    /** It has no parameter that does. */
    NO_PARAMETER,
    /** Parameters contradict each other. */
    CONTRADICTION,
    /** It has quotes, in which Linux takes blanks for a part of a value. */
    QUOTES,
    /** It has the kernel read no ACPI tables, those of the IOMMU included. */
    NO_ACPI
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

  /**
   * {@return why the command line of one that waits does not decide its strategy; nothing if it
   * does, or if it is not known}
   */
  public Optional<Doubt> doubt() {
    if (state != State.LOADED) {
      return Optional.empty();
    }
    if (commandLine.contains("\"")) {
      return Optional.of(Doubt.QUOTES);
    }
    if (values("acpi").stream().anyMatch(value -> value.equals("off") || value.equals("ht"))) {
      return Optional.of(Doubt.NO_ACPI);
    }
    return switch ((int) settings().map(LinuxSetting::strategy).distinct().count()) {
      case 0 -> Optional.of(Doubt.NO_PARAMETER);
      case 1 -> Optional.empty();
      default -> Optional.of(Doubt.CONTRADICTION);
    };
  }

  /**
   * Linux heeds every parameter in turn: only where all agree is the outcome plain. Of those the
   * one that every version knows says it.
   */
  private Optional<LinuxSetting> byParameter() {
    return doubt().isPresent()
        ? Optional.empty()
        : settings().max(Comparator.comparing(setting -> setting.linux().first().isEmpty()));
  }

  /** {@return what each of its parameters makes the newest versions do, in LinuxSetting's order} */
  private Stream<LinuxSetting> settings() {
    return LinuxSetting.all().stream()
        .filter(setting -> setting.mode() == mode && setting.linux().last().isEmpty())
        .filter(setting -> setting.strategy() != Strategy.IDENTITY)
        .filter(setting -> has(setting.parameter()));
  }

  private boolean has(String parameter) {
    int end = parameter.indexOf('=');
    return end > 0 && values(parameter.substring(0, end)).contains(parameter.substring(end + 1));
  }

  /**
   * {@return the values of the parameters of that name, as parse_args and parameq of Linux's
   * kernel/params.c find them: what is behind "--" is for init, and '-' in a name is '_'}
   */
  private List<String> values(String name) {
    return Stream.of(commandLine.split(" +"))
        .takeWhile(parameter -> !parameter.equals("--"))
        .map(parameter -> parameter.split("=", 2))
        .filter(parameter -> parameter.length == 2 && parameter[0].replace('-', '_').equals(name))
        .flatMap(parameter -> Stream.of(parameter[1].split(",")))
        .toList();
  }
}
