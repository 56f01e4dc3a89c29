// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options of {@code rehearse} that stage model alone understands. */
final class ModelOptions {
  /** Their names, to refuse them elsewhere. */
  static final List<String> NAMES = List.of("--mapping", "--seed", "--runs", "--trace");

  @Option(
      names = "--mapping",
      converter = MappingNames.Converter.class,
      paramLabel = "MODE[,MODE]",
      description =
          "The built-in machines of these modes: nommu, swiotlb, gart, calgary, vtd; of the "
              + "machines named, those of these modes.")
  private Optional<MappingNames> mapping = Optional.empty();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "What chance decides, it decides by this number; default: 1.")
  private long seed = 1;

  @Option(
      names = "--runs",
      paramLabel = "M",
      description = "Crash each M times, with seeds N, N+1 and so on; default: 1.")
  private int runCount = 1;

  @Option(
      names = "--trace",
      description = "Print what happens, a line for each event; for one machine and strategy.")
  private boolean trace;

  /** {@return the modes asked for; empty for all} */
  Optional<MappingNames> mapping() {
    return mapping;
  }

  long seed() {
    return seed;
  }

  int runCount() {
    return runCount;
  }

  boolean trace() {
    return trace;
  }
}
