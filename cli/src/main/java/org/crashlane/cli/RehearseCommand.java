// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.report.Colours;
import org.crashlane.report.StrategyReport;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code crashlane rehearse}. */
@Command(
    name = "rehearse",
    customSynopsis = "crashlane rehearse [MACHINE...] [OPTION...]",
    description = {
      "Rehearse the crash: run a machine, panic it, let a capture kernel write the dump, and check "
          + "by the bytes whether it got through and what else DMA changed.",
      "",
      "Stage model, the default, crashes a bit-accurate model of a machine: nothing to install, no "
          + "root, seconds. Without arguments it crashes a machine of each mapping mode under each "
          + "strategy. Stage qemu boots a stock Debian kernel under QEMU behind its IOMMU; its "
          + "first run fetches a kernel and builds the guests' system, as root or with sudo: "
          + "'crashlane rehearse --stage qemu -h' has its options."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  crashlane rehearse",
      "  crashlane rehearse --mapping vtd --strategy none --trace",
      "  crashlane rehearse --strategy identity --runs 100",
      "  crashlane rehearse --explore --mapping vtd --strategy reserve",
      "  crashlane machines show vtd >my.yaml; crashlane rehearse my.yaml",
      "  crashlane rehearse --stage qemu --strategy identity --keep evidence/",
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
  private static final String MODEL_HEADING = "%nOptions of stage model:%n";
  private static final String QEMU_HEADING = "%nOptions of stage qemu:%n";

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
      description =
          "What is done about the crash: names, all, or list, which prints them with the kernel"
              + " parameters that people set; default: all that the stage has.")
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

  @ArgGroup(exclusive = false, heading = MODEL_HEADING)
  private ModelOptions model = new ModelOptions();

  @ArgGroup(exclusive = false, heading = QEMU_HEADING)
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

  /** {@return the command, whose help has the strategies and the options of one stage} */
  static CommandLine of(Terminal terminal) {
    RehearseCommand command = new RehearseCommand(terminal);
    CommandLine line = new CommandLine(command);
    Map<String, IHelpSectionRenderer> sections = line.getHelpSectionMap();
    IHelpSectionRenderer description = sections.get(UsageMessageSpec.SECTION_KEY_DESCRIPTION);
    sections.put(
        UsageMessageSpec.SECTION_KEY_DESCRIPTION,
        help -> description.render(help) + strategies(help));
    sections.put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, command::optionList);
    sections.put(UsageMessageSpec.SECTION_KEY_FOOTER, command::examples);
    return line;
  }

  private static String strategies(Help help) {
    int width = help.commandSpec().usageMessage().width();
    return "%nStrategies, and what the capture kernel needs for them (since which Linux):%n%s"
        .formatted(StrategyReport.table(width, Colours.off()));
  }

  /** Those in common, and those of the stage that is asked for. */
  private String optionList(Help help) {
    String heading = stage == StageName.MODEL ? MODEL_HEADING : QEMU_HEADING;
    return list(help, o -> o.group() == null)
        + heading.formatted()
        + list(help, o -> o.group() != null && heading.equals(o.group().heading()));
  }

  private static String list(Help help, Predicate<OptionSpec> which) {
    return help.optionListExcludingGroups(
        help.commandSpec().options().stream().filter(which).toList(),
        help.createDefaultLayout(),
        Help.createShortOptionNameComparator(),
        help.parameterLabelRenderer());
  }

  /** Examples of the stage that is asked for. */
  private String examples(Help help) {
    boolean qemu = stage == StageName.QEMU;
    UsageMessageSpec usage = help.commandSpec().usageMessage();
    String[] all = usage.footer();
    usage.footer(
        Arrays.stream(all)
            .filter(l -> !l.startsWith("  ") || l.contains(" qemu") == qemu)
            .toArray(String[]::new));
    String examples = help.footer();
    usage.footer(all);
    return examples;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (strategies.isPresent() && strategies.get().isList()) {
      refuseBeside("--strategy");
      terminal.out().print(StrategyReport.table(terminal.columns(), terminal.colours()));
      return ExitCode.HOLDS.number();
    }
    return switch (stage) {
      case MODEL -> {
        refuse(QemuOptions.class, StageName.QEMU);
        if (model.listsFaults()) {
          refuseBeside("--fault");
          yield ModelOptions.printFaults(terminal).number();
        }
        if (model.explore()) {
          refuse(
              List.of("--verbose", "--fail-on"),
              "%s does nothing with --explore, which prints every kind of violation");
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
        if (strategies.isPresent() && !strategies.get().named().contains(Strategy.IDENTITY)) {
          refuse(List.of("--hand"), "%s is for strategy identity");
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

  private void refuse(List<String> ignored, String why) {
    for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
      if (ignored.contains(option.longestName())) {
        throw new IllegalArgumentException(why.formatted(option.longestName()));
      }
    }
  }

  /** Refuses what a list would ignore. */
  private void refuseBeside(String list) {
    boolean isAlone =
        spec.commandLine().getParseResult().matchedOptions().stream()
            .allMatch(o -> list.equals(o.longestName()) || isForAllCommands(o));
    if (!isAlone || !machines.isEmpty()) {
      throw new IllegalArgumentException(list + " list takes no machine and no other option");
    }
  }

  private static boolean isForAllCommands(OptionSpec option) {
    return option.scopeType() == ScopeType.INHERIT;
  }

  private IllegalArgumentException refusal(String what, StageName other) {
    return new IllegalArgumentException(
        "%s is for --stage %s, and this is --stage %s"
            .formatted(what, other.label(), stage.label()));
  }
}
