// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.List;
import org.crashlane.rehearsal.LinuxSetting;
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
    String legend = String.join("\n", Wrap.lines(LEGEND, width));
    return table.render(width, colours) + "\n" + legend + "\n";
  }

  /** {@return what has to be set, and since which version that works} */
  public static String setting(Strategy strategy, MappingMode mode) {
    return LinuxSetting.of(strategy, mode)
        .map(s -> means(s) + (s.linux().isEmpty() ? "" : " (" + s.linux() + ")"))
        .orElse(NO_KERNEL);
  }

  private static String means(LinuxSetting setting) {
    return switch (setting.means()) {
      case PARAMETER -> setting.parameter();
      case NO_PARAMETER -> "nothing";
      case HIDDEN_TABLE -> "DMAR hidden";
    };
  }
}
