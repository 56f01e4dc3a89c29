// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.crashlane.report.Colours.Style;
import org.crashlane.report.Table.Cell;
import org.crashlane.report.Table.Column;
import org.junit.jupiter.api.Test;

class TableTest {

  private static Table table() {
    return Table.of(Column.left("strategy"), Column.right("seconds"), Column.left("outcome"))
        .row("none", "14", "no dump")
        .row("identity (outside)", "9", "dump of 31 MiB, 2048 pages compared, all equal");
  }

  @Test
  void columnsAreAlignedAndNumbersEndAtTheRight() {
    assertEquals(
        """
        strategy            seconds  outcome
        none                     14  no dump
        identity (outside)        9  dump of 31 MiB, 2048 pages compared, all equal
        """,
        table().render(100, Colours.off()));
  }

  @Test
  void lastColumnWrapsWhereTheLineWouldGetTooLong() {
    assertEquals(
        """
        strategy            seconds  outcome
        none                     14  no dump
        identity (outside)        9  dump of 31 MiB, 2048
                                     pages compared, all
                                     equal
        """,
        table().render(50, Colours.off()));
  }

  @Test
  void coloursDoNotCountAsWidth() {
    Table table = Table.of(Column.left("answer"), Column.left("why"));
    table.row(List.of(new Cell("HOLDS", Style.GOOD), Cell.of("all mapped")));
    assertEquals(
        """
        \u001b[1manswer\u001b[0m  \u001b[1mwhy\u001b[0m
        \u001b[32mHOLDS\u001b[0m   all mapped
        """,
        table.render(80, new Colours(true)));
  }

  @Test
  void rowOfAnotherLengthIsRefused() {
    Table table = Table.of(Column.left("one"));
    assertThrows(IllegalArgumentException.class, () -> table.row("a", "b"));
  }

  @Test
  void tableWithoutColumnsIsRefused() {
    assertThrows(IllegalArgumentException.class, Table::of);
  }
}
