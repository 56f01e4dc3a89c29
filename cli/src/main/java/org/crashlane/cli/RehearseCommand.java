// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code crashlane rehearse}. */
@Command(
    name = "rehearse",
    customSynopsis = "crashlane rehearse [MACHINE...] [OPTION...]",
    description = {
      "Rehearse the crash: run a machine, panic it, let a capture kernel write the dump, and judge "
          + "by the bytes whether it got through and what else DMA changed.",
      "",
      "Stage model, the default, crashes a bit-accurate model of a machine: nothing to install, no "
          + "root, seconds. Without arguments it crashes a machine of each mapping mode under each "
          + "strategy. Stage qemu boots a stock Debian kernel under QEMU behind its IOMMU; its "
          + "first run fetches a kernel and builds the guests' system, as root or with sudo.",
      "",
      "Strategies, what is done about the crash:",
      "  none      nothing; the capture kernel looks at no IOMMU",
      "  reserve   the crash range is kept out of what the IOMMU hands out, and no more",
      "  identity  the rule: the crash range is identity-mapped beforehand",
      "  adopt     the capture kernel copies the old tables, as mainline Linux does",
      "  off       it switches the IOMMU off",
      "  abort     it blocks all DMA first",
      "  reset     devices are reset first, then the IOMMU is started afresh"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  crashlane rehearse",
      "  crashlane rehearse --mapping vtd --strategy none --trace",
      "  crashlane rehearse --strategy identity --runs 100",
      "  crashlane rehearse --explore --mapping vtd --strategy reserve",
      "  crashlane machines show vtd >my.yaml; crashlane rehearse my.yaml",
      "  crashlane rehearse --stage qemu --strategy identity --hand inside --keep evidence/",
      "  crashlane rehearse --stage qemu --mapping amdvi --strategy all",
      "",
      "Of several machines and strategies the worst outcome under identity decides; without"
          + " identity, the worst of all."
    },
    exitCodeList = {
      "0:the dump is complete, and no other memory was seen overwritten",
      "1:it is lost or differs, or other memory was overwritten; with --fail-on rule, or the rule"
          + " is broken",
      "2:bad input or usage, or evidence that could not be kept",
      "3:unknown: the crashkernel reservation was too small, or exploring stopped at its limit; with"
          + " --fail-on rule, or something could not be read"
    })
final class RehearseCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..*",
      paramLabel = "MACHINE",
      description =
          "A machine's file (YAML or JSON), or the name of a built-in one: 'crashlane machines' "
              + "lists them. Default: one for each mapping mode.")
  private List<String> machines = new ArrayList<>();

  @Option(
      names = "--stage",
      paramLabel = "STAGE",
      description = "Where: model or qemu; default: model.")
  private StageName stage = StageName.MODEL;

  @Option(
      names = "--mapping",
      paramLabel = "MODE[,MODE]",
      description =
          "How the primary maps DMA: nommu, swiotlb, gart, calgary, vtd, amdvi. Stage model takes"
              + " the built-in machines of these modes, or of the machines named those of these"
              + " modes; stage qemu has vtd, its default, and amdvi.")
  private Optional<MappingNames> mapping = Optional.empty();

  @Option(
      names = "--strategy",
      paramLabel = "NAME[,NAME]",
      description = "What is done about the crash, or all; default: all that the stage has.")
  private Optional<StrategyNames> strategies = Optional.empty();

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  @Option(
      names = {"-v", "--verbose"},
      description = "Print all evidence, notes and counts as well.")
  private boolean verbose;

  @Option(
      names = "--fail-on",
      paramLabel = "WHAT",
      description =
          "What ends with status 1 and 3: outcome (dump and memory), or rule (a broken rule as"
              + " well); default: outcome.")
  private ExitCode.FailOn failOn = ExitCode.FailOn.OUTCOME;

  @ArgGroup(exclusive = false, heading = "%nOptions of stage model:%n")
  private ModelOptions model = new ModelOptions();

  @ArgGroup(exclusive = false, heading = "%nOptions of stage qemu:%n")
  private QemuOptions qemu = new QemuOptions();

  /** How results are reported. */
  enum Form {
    SHORT,
    VERBOSE,
    JSON
  }

  /**
   * How results are reported, on every stage.
   *
   * @param form as what
   * @param failOn what makes the command fail
   */
  record Shown(Form form, ExitCode.FailOn failOn) {}

  private Shown shown() {
    if (json && verbose) {
      throw new IllegalArgumentException("--verbose: JSON has all of it");
    }
    return new Shown(json ? Form.JSON : verbose ? Form.VERBOSE : Form.SHORT, failOn);
  }

  RehearseCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    return switch (stage) {
      case MODEL -> {
        refuse(QemuOptions.class, StageName.QEMU);
        if (model.listFaults()) {
          refuseBesideListFaults();
          yield ModelOptions.printFaults(terminal).number();
        }
        yield new ModelRehearsals(terminal)
            .run(machines, mapping, strategies, model, shown())
            .number();
      }
      case QEMU -> {
        refuse(ModelOptions.class, StageName.MODEL);
        if (!machines.isEmpty()) {
          throw refusal("MACHINE " + machines.getFirst(), StageName.MODEL);
        }
        yield new QemuRehearsals(terminal, qemu).run(mapping, strategies, shown()).number();
      }
    };
  }

  /** Refuses options of the other stage, which are those declared in {@code options}. */
  private void refuse(Class<?> options, StageName other) {
    for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
      if (option.userObject() instanceof Field field && field.getDeclaringClass() == options) {
        throw refusal(option.longestName(), other);
      }
    }
  }

  /** Refuses what a list would ignore. */
  private void refuseBesideListFaults() {
    boolean isAlone =
        spec.commandLine().getParseResult().matchedOptions().stream()
            .allMatch(o -> List.of("--list-faults", "--debug").contains(o.longestName()));
    if (!isAlone || !machines.isEmpty()) {
      throw new IllegalArgumentException("--list-faults takes no machine and no other option");
    }
  }

  private IllegalArgumentException refusal(String what, StageName other) {
    return new IllegalArgumentException(
        "%s is for --stage %s, and this is --stage %s"
            .formatted(what, other.label(), stage.label()));
  }
}
