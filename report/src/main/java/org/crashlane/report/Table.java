// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.crashlane.report.Colours.Style;

/**
 * A text table: a head, rows, columns two spaces apart. Columns are as wide as what stands in them;
 * the last one breaks its text where the line would get longer than the width given.
 */
public final class Table {
  private static final String GAP = "  ";
  private static final int NARROWEST_LAST_COLUMN = 16;

  private final List<Column> columns;
  private final List<List<Cell>> rows = new ArrayList<>();

  /**
   * A column.
   *
   * @param head its head
   * @param right true if its text ends at the right: numbers
   */
  public record Column(String head, boolean right) {

    /** {@return a column of words} */
    public static Column left(String head) {
      return new Column(head, false);
    }

    /** {@return a column of numbers} */
    public static Column right(String head) {
      return new Column(head, true);
    }
  }

  /**
   * What stands in one place.
   *
   * @param text without line breaks
   * @param style how it is shown
   */
  public record Cell(String text, Style style) {

    /** {@return a plain cell} */
    public static Cell of(String text) {
      return new Cell(text, Style.PLAIN);
    }
  }

  private Table(List<Column> columns) {
    this.columns = columns;
  }

  /** {@return a table without rows; at least one column} */
  public static Table of(Column... columns) {
    if (columns.length == 0) {
      throw new IllegalArgumentException("a table without columns");
    }
    return new Table(List.of(columns));
  }

  /** Adds a row of plain text, one for each column. */
  public Table row(String... texts) {
    return row(Arrays.stream(texts).map(Cell::of).toList());
  }

  /**
   * Adds a row.
   *
   * @throws IllegalArgumentException if there is not one cell for each column
   */
  public Table row(List<Cell> cells) {
    if (cells.size() != columns.size()) {
      throw new IllegalArgumentException(
          cells.size() + " cells for " + columns.size() + " columns: " + cells);
    }
    rows.add(List.copyOf(cells));
    return this;
  }

  /**
   * {@return the table, each line ended by a line feed}
   *
   * @param width characters that a line should not exceed
   */
  public String render(int width, Colours colours) {
    int[] widths = IntStream.range(0, columns.size()).map(this::widthOf).toArray();
    int last = columns.size() - 1;
    int before = Arrays.stream(widths, 0, last).map(w -> w + GAP.length()).sum();
    widths[last] = Math.min(widths[last], Math.max(NARROWEST_LAST_COLUMN, width - before));
    StringBuilder out = new StringBuilder();
    append(
        out, columns.stream().map(c -> new Cell(c.head, Style.STRONG)).toList(), widths, colours);
    rows.forEach(row -> append(out, row, widths, colours));
    return out.toString();
  }

  private int widthOf(int column) {
    int head = columns.get(column).head.length();
    return Math.max(
        head, rows.stream().mapToInt(row -> row.get(column).text.length()).max().orElse(0));
  }

  private void append(StringBuilder out, List<Cell> row, int[] widths, Colours colours) {
    int last = widths.length - 1;
    int before = 0;
    for (int i = 0; i < last; i++) {
      appendPadded(out, row.get(i), columns.get(i).right, widths[i], colours);
      out.append(GAP);
      before += widths[i] + GAP.length();
    }
    Cell end = row.get(last);
    String indent = "";
    for (String line : Wrap.lines(end.text, widths[last])) {
      out.append(indent);
      appendPadded(out, new Cell(line, end.style), columns.get(last).right, widths[last], colours);
      stripTrailingSpaces(out);
      out.append('\n');
      indent = " ".repeat(before);
    }
  }

  private static void appendPadded(
      StringBuilder out, Cell cell, boolean right, int width, Colours colours) {
    String padding = " ".repeat(Math.max(0, width - cell.text.length()));
    String text = colours.paint(cell.style, cell.text);
    out.append(right ? padding + text : text + padding);
  }

  private static void stripTrailingSpaces(StringBuilder out) {
    int end = out.length();
    while (end > 0 && out.charAt(end - 1) == ' ') {
      end--;
    }
    out.setLength(end);
  }
}
