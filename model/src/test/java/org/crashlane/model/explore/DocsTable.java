// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.explore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;

/** What the documentation says that exploring comes to, read from the table in its page. */
final class DocsTable {
  static final Path DOCS = Path.of("..", "docs");

  private static final Pattern ROW =
      Pattern.compile("\\| (\\w+) \\| ([\\w`, ]+) \\| (always|never|partly) \\| ([^|]*) \\|.*");
  private static final Pattern CODE = Pattern.compile("`([A-Za-z_]+)`");

  private DocsTable() {}

  /** How many of the ends are ones with a dump that is right. */
  enum Dump {
    ALWAYS,
    PARTLY,
    NEVER;

    static Dump of(Exploration all) {
      if (all.dumpCount() == 0) {
        return NEVER;
      }
      return all.lostCount() == 0 ? ALWAYS : PARTLY;
    }
  }

  /** One machine under one strategy. */
  record Cell(MappingMode mode, Strategy strategy, Dump dump, Set<Kind> violated) {
    @Override
    public String toString() {
      return mode.label() + " " + strategy.label();
    }
  }

  static List<Cell> cells() throws IOException {
    List<Cell> cells = new ArrayList<>();
    for (String line : Files.readAllLines(DOCS.resolve("model.md"))) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        MappingMode mode = MappingMode.valueOf(row.group(1).toUpperCase(Locale.ROOT));
        Dump dump = Dump.valueOf(row.group(3).toUpperCase(Locale.ROOT));
        Set<Kind> violated = EnumSet.noneOf(Kind.class);
        codes(row.group(4)).forEach(name -> violated.add(Kind.valueOf(name)));
        for (String strategy : codes(row.group(2))) {
          cells.add(new Cell(mode, Strategy.valueOf(strategy), dump, violated));
        }
      }
    }
    return cells;
  }

  private static List<String> codes(String text) {
    return CODE.matcher(text).results().map(m -> m.group(1).toUpperCase(Locale.ROOT)).toList();
  }
}
