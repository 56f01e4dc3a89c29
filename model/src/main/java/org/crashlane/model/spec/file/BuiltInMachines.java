// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.rehearsal.MappingMode;

/** The machines that come with the program: one for each mapping mode, and some that teach. */
public final class BuiltInMachines {
  /** One for each mode, in the proposal's order, and then the others. */
  private static final List<String> NAMES =
      List.of(
          "nommu",
          "swiotlb",
          "gart",
          "calgary",
          "vtd",
          "amdvi",
          "mixed",
          "gart-over-ram",
          "beyond-reach",
          "snp-copy",
          "snp-reuse");

  private BuiltInMachines() {}

  /** {@return their names} */
  public static List<String> names() {
    return NAMES;
  }

  /**
   * {@return the machines that are crashed where none is named: one for each mode, and one on which
   * mainline Linux loses its dump}
   */
  public static List<MachineSpec> usual() {
    return Stream.concat(
            Arrays.stream(MappingMode.values()).map(MappingMode::label), Stream.of("snp-copy"))
        .map(BuiltInMachines::read)
        .toList();
  }

  /** {@return the machine that stands for a mapping mode where none is named} */
  public static MachineSpec of(MappingMode mode) {
    return read(mode.label());
  }

  /** {@return the machine of this name, if there is one} */
  public static Optional<MachineSpec> find(String name) {
    return text(name).map(text -> MachineFile.read(name, text));
  }

  /** {@return the file of the machine of this name, if there is one} */
  public static Optional<String> text(String name) {
    return NAMES.contains(name)
        ? Optional.of(Resource.text("machines/" + name + ".yaml"))
        : Optional.empty();
  }

  private static MachineSpec read(String name) {
    return find(name).orElseThrow();
  }
}
