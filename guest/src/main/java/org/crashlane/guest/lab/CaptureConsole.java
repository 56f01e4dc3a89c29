// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.crashlane.bits.Printable;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Evidence.Quote;
import org.crashlane.rule.Evidence.Source;

/**
 * What a capture kernel's console says of why there is no dump. It is quoted, cut and safe to
 * print; but for memory that ran out it decides nothing.
 *
 * @param lines of the console from the panic on
 */
record CaptureConsole(List<String> lines) {
  private static final int QUOTED_CHARS = 160;
  private static final int QUOTED_LINES = 5;
  private static final int LINES_OF_A_KIND = 2;
  private static final int LAST_LINES = 3;

  /** In front of a kernel message, and of one that the script passes on. */
  private static final Pattern PREFIX =
      Pattern.compile("^(?:.*@crashlane message )?\\[ *[0-9]+\\.[0-9]+\\] *");

  /** Options are echoed, and the words in their names are no trouble. */
  private static final Pattern OPTIONS = Pattern.compile("[Cc]ommand line(?: parameters|:)");

  /** kdump-tools: "saved vmcore in"; kdump.sh of dracut: "saving vmcore complete", "failed". */
  private static final Pattern OF_DUMP = Pattern.compile("vmcore|makedumpfile|kdump");

  private static final Pattern NUMBER = Pattern.compile("(?:0x)?[0-9a-f]*[0-9][0-9a-f]*");

  /** What goes wrong, in the kernel's words (6.1); what weighs most comes first. */
  private enum Trouble {
    /** oom_kill.c, init/initramfs.c; malloc of makedumpfile, which prints errno's text. */
    OUT_OF_MEMORY(
        "System is deadlocked on memory|[Oo]ut of memory|Cannot allocate memory"
            + "|Can't allocate memory|Initramfs unpacking failed: write error"),
    DEATH("Kernel panic - not syncing|BUG: |Oops: |general protection fault|Internal error"),
    INTERRUPTS("failed to remap interrupt|nobody cared|timer doesn't work|No irq handler"),
    FAULTS("DMAR: .*[Ff]ault|AMD-Vi: Event logged|IO_PAGE_FAULT"),
    DRIVERS(
        "timeout|timed out|not ready|probe failure|failed to IDENTIFY|I/O error"
            + "|page allocation failure");

    private final Pattern words;

    Trouble(String words) {
      this.words = Pattern.compile(words);
    }

    boolean isIn(String line) {
      return words.matcher(line).find();
    }
  }

  CaptureConsole {
    lines = lines.stream().filter(line -> !OPTIONS.matcher(line).find()).toList();
  }

  /** {@return the line that shows that memory ran out, if one does} */
  Optional<Quote> outOfMemory() {
    return lines.stream()
        .filter(Trouble.OUT_OF_MEMORY::isIn)
        .findFirst()
        .map(line -> said(quoted(line)));
  }

  /** {@return what a distribution's tools say of the dump, the last of it} */
  List<Evidence> ofDump() {
    List<String> said = lines.stream().filter(line -> OF_DUMP.matcher(line).find()).toList();
    return said.subList(Math.max(0, said.size() - LAST_LINES), said.size()).stream()
        .<Evidence>map(line -> said(quoted(line)))
        .toList();
  }

  private static Quote said(String line) {
    return new Quote(Source.CAPTURE_KERNEL, line);
  }

  /** {@return what explains a dump that is missing; how it ended, if nothing does} */
  List<Evidence> explanation() {
    List<Evidence> said =
        Stream.of(Trouble.values())
            .flatMap(trouble -> of(trouble).stream())
            .distinct()
            .limit(QUOTED_LINES)
            .<Evidence>map(CaptureConsole::said)
            .toList();
    if (!said.isEmpty()) {
      return said;
    }
    List<String> spoken = lines.stream().filter(line -> !line.isBlank()).toList();
    if (spoken.isEmpty()) {
      return List.of(Fact.CAPTURE_KERNEL_SILENT);
    }
    return spoken.subList(Math.max(0, spoken.size() - LAST_LINES), spoken.size()).stream()
        .<Evidence>map(line -> new Quote(Source.CONSOLE_END, quoted(line)))
        .toList();
  }

  /** Lines that differ in numbers alone say the same. */
  private List<String> of(Trouble trouble) {
    List<String> found = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (String line : lines) {
      if (trouble.isIn(line) && found.size() < LINES_OF_A_KIND) {
        String quoted = quoted(line);
        if (seen.add(NUMBER.matcher(quoted).replaceAll("#"))) {
          found.add(quoted);
        }
      }
    }
    return found;
  }

  private String quoted(String line) {
    return Printable.of(PREFIX.matcher(line).replaceFirst("").strip(), QUOTED_CHARS);
  }
}
