// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.crashlane.rehearsal.MappingMode;

/**
 * Which mistakes were caught, and by what.
 *
 * @param lines one for each mistake, in their order
 */
public record FaultReport(List<Line> lines) {

  /**
   * What became of one mistake.
   *
   * @param fault the mistake
   * @param caught what gave it away; nothing if it was missed
   */
  public record Line(SeededFault fault, Optional<Detection> caught) {

    @Override
    public String toString() {
      return fault + ": " + caught.map(Detection::toString).orElse("MISSED: " + fault.wrong());
    }
  }

  public FaultReport {
    lines = List.copyOf(lines);
  }

  /**
   * {@return what the hunt for {@code faults} comes to}
   *
   * @throws InterruptedException if the thread is interrupted
   */
  public static FaultReport of(List<SeededFault> faults) throws InterruptedException {
    List<Line> lines = new ArrayList<>();
    for (SeededFault fault : faults) {
      lines.add(new Line(fault, FaultHunt.hunt(fault)));
    }
    return new FaultReport(lines);
  }

  /** {@return those that nothing caught} */
  public List<SeededFault> missed() {
    return lines.stream().filter(l -> l.caught().isEmpty()).map(Line::fault).toList();
  }

  /** {@return the figures in a line: how many, of which mode, caught by what} */
  public String summary() {
    Map<MappingMode, Long> byMode = new EnumMap<>(MappingMode.class);
    Map<Detection.By, Long> byMeans = new EnumMap<>(Detection.By.class);
    for (Line line : lines) {
      byMode.merge(line.fault().mode(), 1L, Long::sum);
      line.caught().ifPresent(c -> byMeans.merge(c.by(), 1L, Long::sum));
    }
    return "%d seeded faults (%s), %d caught (%s)"
        .formatted(lines.size(), counts(byMode), lines.size() - missed().size(), counts(byMeans));
  }

  private static String counts(Map<?, Long> counts) {
    return counts.entrySet().stream()
        .map(e -> e.getKey().toString().toLowerCase(Locale.ROOT) + " " + e.getValue())
        .collect(Collectors.joining(", "));
  }
}
