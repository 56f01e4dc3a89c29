// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.List;
import java.util.Locale;
import org.crashlane.report.Colours.Style;
import org.crashlane.report.Table.Cell;
import org.crashlane.report.Table.Column;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What finding codes mean, for people and programs.
 *
 * @param width characters that a line should not exceed
 * @param colours whether to colour
 */
public record ExplanationReport(int width, Colours colours) {
  private static final int LABEL = 10;

  /** {@return {@code codes} in a table} */
  public String table(List<CodeExplanation> codes) {
    Table table = Table.of(Column.left("code"), Column.left("meaning"));
    for (CodeExplanation code : codes) {
      table.row(List.of(new Cell(code.name(), Style.STRONG), Cell.of(code.title())));
    }
    return table.render(width, colours);
  }

  /** {@return one code in full} */
  public String of(CodeExplanation code) {
    StringBuilder out = new StringBuilder();
    append(out, code.name(), code.title());
    append(out, "  when", code.meaning());
    append(out, "  why", code.why());
    append(out, "EXAMPLE", code.example());
    append(out, "FIX", code.fix());
    append(out, "MORE", "docs/findings.md#" + code.name().toLowerCase(Locale.ROOT));
    return out.toString();
  }

  private void append(StringBuilder out, String label, String text) {
    String before = colours.paint(Style.STRONG, label) + " ".repeat(LABEL - label.length());
    for (String line : Wrap.lines(text, width - LABEL)) {
      out.append(before).append(line).append('\n');
      before = " ".repeat(LABEL);
    }
  }

  /** {@return the codes as one document} */
  public static ObjectNode json(List<CodeExplanation> codes) {
    return JsonReport.document().set("codes", JsonReport.array(codes, ExplanationReport::json));
  }

  private static ObjectNode json(CodeExplanation code) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("code", code.name())
        .put("title", code.title())
        .put("meaning", code.meaning())
        .put("why", code.why())
        .put("example", code.example())
        .put("fix", code.fix());
  }
}
