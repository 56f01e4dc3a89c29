// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.crashlane.acpi.Flaw;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Term;
import org.crashlane.bits.Word;
import org.crashlane.interrupt.InterruptFate;
import org.crashlane.interrupt.InterruptPreparation.Hindrance;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.UnitBuffer;
import org.crashlane.iommu.Unmappable;
import org.crashlane.linux.LinuxRule;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/** What was read of an IOMMU's tables and registers, and why, for people. */
public final class ReasonText {
  private ReasonText() {}

  /** {@return the reason in one line} */
  public static String of(Reason reason) {
    int count = reason.details().size();
    return switch (reason.term()) {
      case Flaw flaw -> filled(TableProblemText.words(flaw, count), reason);
      case LinuxRule rule -> filled(TableProblemText.words(rule, count), reason);
      case Term term ->
          term.meaning()
              + reason.details().stream()
                  .map(detail -> lead(detail) + value(detail))
                  .collect(Collectors.joining());
    };
  }

  private static String filled(String words, Reason reason) {
    return words.formatted(reason.details().stream().map(ReasonText::value).toArray());
  }

  /** {@return the name of a term for programs: lower case, words separated by hyphens} */
  static String id(Term term) {
    return term instanceof Enum<?> constant
        ? constant.name().toLowerCase(Locale.ROOT).replace('_', '-')
        : term.meaning();
  }

  /** What joins a detail to the words in front of it, where those leave no gap for it. */
  private static String lead(Reason.Detail detail) {
    return switch (detail) {
      case Reason.At _ -> " at ";
      case Reason.Entry _ -> ", entry at ";
      case Reason.Level _ -> " at level ";
      case Reason.Levels _ -> " of ";
      case Reason.In _ -> " in the ";
      case Reason.Size _ -> ", of size ";
      case Reason.Device _ -> " for ";
      case Reason.Addresses _, Reason.Count _, Reason.Name _, Reason.Value _ -> " ";
      case Reason.LeadsTo _ -> " -> ";
      case Reason.Code _ -> " of type ";
      case Reason.Segment _ -> " in segment ";
      case Reason.Bits _,
          Reason.Words _,
          Reason.Fields _,
          Reason.Index _,
          Reason.Needed _,
          Reason.Because _ ->
          ": ";
    };
  }

  private static String value(Reason.Detail detail) {
    return switch (detail) {
      case Reason.At(long address) -> Hex.of(address);
      case Reason.Entry(long address) -> Hex.of(address);
      case Reason.Level(int level) -> "" + level;
      case Reason.Levels(int count) -> count + " levels";
      case Reason.In(var word) -> word.name();
      case Reason.Bits(long bits) -> Hex.of(bits);
      case Reason.Size(long bytes) -> Hex.of(bytes);
      case Reason.Words(List<Word> words) -> fields(words);
      case Reason.Fields(List<Reason.Field> fields) ->
          fields.stream()
              .map(f ->
                  "%s.%s=%d".formatted(f.register().layout().name(), f.field().name(), f.value()))
              .collect(Collectors.joining(" "));
      case Reason.Device(int requester) -> new RequesterId(requester).toString();
      case Reason.Index(int index, int count) ->
          "index %s, table of %,d entries".formatted(Hex.of(index), count);
      case Reason.Addresses(long first, long last) -> new AddressRange(first, last).toString();
      case Reason.Needed(long count, long available) ->
          "%,d needed, %,d left".formatted(count, available);
      case Reason.Count(long count) -> "" + count;
      case Reason.Code(int code) -> Hex.of(code, 2);
      case Reason.Name(String name) -> name;
      case Reason.Segment(int segment) -> "%04x".formatted(segment);
      case Reason.Because(Reason reason) -> of(reason);
      case Reason.Value(long value) -> Hex.of(value);
      case Reason.LeadsTo(long address) -> Hex.of(address);
    };
  }

  private static String fields(List<Word> words) {
    String all =
        words.stream()
            .map(word -> word.layout().describe(word.value()))
            .filter(fields -> !fields.isEmpty())
            .collect(Collectors.joining(" "));
    return all.isEmpty() ? "0" : all;
  }

  /** {@return the entry, and what is wrong with it} */
  public static String of(Malformation malformation) {
    return "entry at %s = %s (IOVA %s): %s"
        .formatted(
            Hex.of(malformation.entryAddress()),
            Hex.of(malformation.raw()),
            Hex.of(malformation.iova()),
            of(malformation.reason()));
  }

  static String of(Unmappable unmappable) {
    return unmappable.range() + ": " + unmappable.why().meaning();
  }

  static String of(UnitBuffer buffer) {
    return of(buffer.what()) + " at " + buffer.range();
  }

  static String of(InterruptFate fate) {
    String what =
        switch (fate) {
          case InterruptFate.Delivered d -> "delivered as sent: " + d.target();
          case InterruptFate.Redirected r -> "goes to " + r.target();
          case InterruptFate.Posted p -> "recorded for a guest at " + Hex.of(p.descriptor());
          case InterruptFate.Blocked b ->
              "blocked (%s, %s)".formatted(Hex.of(b.reason()), b.why().meaning());
          case InterruptFate.Unknown u ->
              "not known: what is at " + Hex.of(u.address()) + " cannot be read";
        };
    return what + ": " + of(fate.evidence());
  }

  static String of(Hindrance hindrance) {
    String why = of(hindrance.why());
    return hindrance.vectors().isEmpty() ? why : vectors(hindrance.vectors()) + ": " + why;
  }

  /** {@return vectors, in rising order, as runs: {@code 0x20-0x2f 0x31 (17 vectors)}} */
  static String vectors(List<Integer> vectors) {
    List<String> runs = new ArrayList<>();
    int first = 0;
    for (int i = 0; i < vectors.size(); i++) {
      boolean ends = i + 1 == vectors.size() || vectors.get(i + 1) != vectors.get(i) + 1;
      if (ends) {
        String last = first == i ? "" : "-" + Hex.of(vectors.get(i));
        runs.add(Hex.of(vectors.get(first)) + last);
        first = i + 1;
      }
    }
    String unit = vectors.size() == 1 ? "vector" : "vectors";
    return "%s (%d %s)".formatted(String.join(" ", runs), vectors.size(), unit);
  }
}
