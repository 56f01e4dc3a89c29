// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.List;
import org.crashlane.rehearsal.LinuxSetting;
import org.crashlane.rehearsal.LinuxSetting.Versions;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.report.Colours.Style;
import org.crashlane.report.Table.Cell;
import org.crashlane.report.Table.Column;

/** Strategies, and what people set to have a capture kernel of Linux follow them. */
public final class StrategyReport {
  /** What no kernel does. */
  private static final String NO_KERNEL = "-";

  private static final String LEGEND =
      "-: no Linux on x86 does so. DMAR hidden: an ACPI table in front of the initrd shows no IOMMU"
          + " (scripts/hide-dmar), since intel_iommu=off would write to it. identity also needs the"
          + " first kernel armed.";

  private static final String DEFAULTS =
      "With neither option Intel's driver is on where the kernel was built with"
          + " INTEL_IOMMU_DEFAULT_ON, and else off. iommu=pt in the first kernel: its devices are"
          + " not translated, and the dump passes under every strategy.";

  private StrategyReport() {}

  /**
   * {@return the strategies in a table}
   *
   * @param width characters that a line should not exceed
   */
  public static String table(int width, Colours colours) {
    Table table =
        Table.of(
            Column.left("strategy"),
            Column.left("Intel"),
            Column.left("AMD"),
            Column.left("what it does"));
    for (Strategy strategy : Strategy.values()) {
      table.row(
          List.of(
              new Cell(strategy.label(), Style.STRONG),
              Cell.of(setting(strategy, MappingMode.VTD)),
              Cell.of(setting(strategy, MappingMode.AMDVI)),
              Cell.of(
                  strategy.meaning()
                      + (LinuxSetting.isUsual(strategy) ? " (Linux's default)" : ""))));
    }
    return table.render(width, colours)
        + "\n"
        + paragraph(LEGEND, width)
        + "\n"
        + settings().render(width, colours)
        + "\n"
        + paragraph(DEFAULTS, width);
  }

  private static String paragraph(String text, int width) {
    return String.join("\n", Wrap.lines(text, width)) + "\n";
  }

  /** {@return what each version of Linux makes of what is set} */
  private static Table settings() {
    Table table =
        Table.of(
            Column.left("capture kernel has"),
            Column.left("IOMMU"),
            Column.left("Linux"),
            Column.left("it follows"));
    for (LinuxSetting setting : LinuxSetting.all()) {
      // Arming is no setting of the capture kernel's.
      if (setting.strategy() != Strategy.IDENTITY) {
        table.row(
            List.of(
                Cell.of(means(setting)),
                Cell.of(setting.mode() == MappingMode.VTD ? "Intel" : "AMD"),
                Cell.of(versions(setting.linux())),
                Cell.of(follows(setting))));
      }
    }
    return table;
  }

  /** {@return the strategy, and how old tables are taken over where that is the question} */
  public static String follows(LinuxSetting setting) {
    String label = setting.strategy().label();
    if (setting.strategy() != Strategy.ADOPT) {
      return label;
    }
    return switch (setting.adoption()) {
      case COPY -> label + ", by a copy";
      case REUSE -> label + ", in place";
    };
  }

  /** {@return what becomes of the old tables, and in which versions} */
  static String how(LinuxSetting setting) {
    String how =
        switch (setting.adoption()) {
          case COPY -> "copies them";
          case REUSE -> "goes on with them in place";
        };
    return "; %s %s".formatted(since(setting.linux()), how);
  }

  /** {@return versions, as short as a table has them} */
  public static String versions(Versions linux) {
    if (linux.first().isEmpty()) {
      return "any";
    }
    return linux.last().isEmpty()
        ? linux.first() + " or later"
        : linux.first() + " to " + linux.last();
  }

  /** {@return versions in a sentence} */
  static String since(Versions linux) {
    return linux.first().isEmpty() ? "any Linux" : "Linux " + versions(linux);
  }

  /** {@return what has to be set, and in which versions that works} */
  public static String setting(Strategy strategy, MappingMode mode) {
    return LinuxSetting.of(strategy, mode)
        .map(s -> means(s) + inParentheses(s.versions()))
        .orElse(NO_KERNEL);
  }

  private static String inParentheses(Versions linux) {
    if (linux.first().isEmpty()) {
      return "";
    }
    return linux.last().isEmpty()
        ? " (%s)".formatted(linux.first())
        : " (to %s)".formatted(linux.last());
  }

  /** {@return what the capture kernel has} */
  public static String means(LinuxSetting setting) {
    return switch (setting.means()) {
      case PARAMETER -> setting.parameter();
      case NO_PARAMETER -> "nothing";
      case HIDDEN_TABLE -> "DMAR hidden";
    };
  }
}
