// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.List;
import org.crashlane.acpi.Madt;
import org.crashlane.bits.Hex;
import org.crashlane.linux.Effect;
import org.crashlane.linux.LinuxRule;
import org.crashlane.linux.LinuxView;
import org.crashlane.linux.MappedRegion;
import org.crashlane.linux.Remark;
import org.crashlane.pci.RequesterId;

/** What Linux makes of firmware's tables, for people. */
public final class LinuxViewText {
  private static final int OFFSET_DIGITS = 4;

  /** Of a list that may be long, so many are shown. */
  private static final int SHOWN_MAX = 12;

  private LinuxViewText() {}

  /** {@return the view: what decides first, what is merely worth knowing last} */
  public static String of(LinuxView view) {
    StringBuilder text = new StringBuilder("What Linux makes of it:\n");
    if (view.isAboutIommus()) {
      line(text, "DMA", dma(view));
      LinuxView.Interrupts interrupts = view.interrupts();
      line(
          text,
          "interrupts",
          (interrupts.isPossible() ? "remapped, " : "not remapped: ") + why(interrupts));
    }
    remarks(text, view, Effect.REFUSES_ALL);
    remarks(text, view, Effect.DROPS_PART);
    if (view.isAboutIommus()) {
      lines(text, "unit", view.units().stream().map(LinuxViewText::unit).toList());
      lines(text, "no unit", withoutUnit(view));
      lines(text, "region", view.regions().stream().map(LinuxViewText::region).toList());
    }
    List<Madt.Processor> processors = view.processors();
    if (!processors.isEmpty()) {
      line(text, "processors", processors(processors));
    }
    remarks(text, view, Effect.NOTE);
    return text.toString();
  }

  private static void remarks(StringBuilder text, LinuxView view, Effect effect) {
    List<Remark> remarks =
        view.remarks().stream().filter(remark -> remark.rule().effect() == effect).toList();
    remarks.stream().limit(SHOWN_MAX).forEach(remark -> add(text, remark));
    if (remarks.size() > SHOWN_MAX) {
      line(text, word(effect), "%d more".formatted(remarks.size() - SHOWN_MAX));
    }
  }

  private static String dma(LinuxView view) {
    return !view.translatesDma()
        ? "not translated: Linux uses no unit"
        : "translated for devices with a unit, unless the kernel's configuration has it off";
  }

  /** {@return why interrupts are not remapped; or what it still depends on} */
  static String why(LinuxView.Interrupts interrupts) {
    return switch (interrupts) {
      case LinuxView.Interrupts.OnTheWhole answer ->
          switch (answer) {
            case NO_UNIT_USED -> "Linux uses no unit";
            case FLAG_CLEAR -> "INTR_REMAP is not set";
            case DEPENDS_ON_UNITS -> "if the units can";
            case DEPENDS_ON_UNITS_AND_APIC_TABLE ->
                "if the units can, and the APIC table has the same I/O APICs";
          };
      case LinuxView.Interrupts.RuledOut(Remark remark) -> ReasonText.of(remark.place().reason());
    };
  }

  /** {@return which devices have no unit} */
  static List<String> withoutUnit(LinuxView view) {
    return view.devicesWithoutUnit().stream().map(LinuxViewText::of).toList();
  }

  private static String of(LinuxView.WithoutUnit devices) {
    return switch (devices) {
      case LinuxView.WithoutUnit.OnTheWhole whole ->
          switch (whole) {
            case ALL -> "all";
            case OF_OTHER_SEGMENTS -> "devices of other segments";
          };
      case LinuxView.WithoutUnit.NotNamed(int segment) ->
          "devices of segment %04x that no unit names".formatted(segment);
      case LinuxView.WithoutUnit.Ids(int segment, int first, int last) ->
          "%04x:%s%s"
              .formatted(
                  segment,
                  new RequesterId(first),
                  first == last ? "" : " to " + new RequesterId(last));
    };
  }

  private static String unit(LinuxView.Unit unit) {
    return "%s at offset %s, segment %04x, registers at %s%s"
        .formatted(
            unit.name(),
            Hex.of(unit.offset(), OFFSET_DIGITS),
            unit.segment(),
            Hex.of(unit.registerBase()),
            unit.takesAll() ? ", all PCI devices not named elsewhere" : "");
  }

  private static String region(MappedRegion region) {
    return "%s %s, segment %04x: %s"
        .formatted(
            region.name(), region.range(), region.segment(), String.join(", ", region.devices()));
  }

  private static String processors(List<Madt.Processor> processors) {
    long highest = processors.stream().mapToLong(Madt.Processor::apicId).max().orElseThrow();
    return "%d, highest APIC id %d%s"
        .formatted(
            processors.size(),
            highest,
            highest > Madt.Processor.HIGHEST_XAPIC_ID ? ": only x2APIC mode reaches it" : "");
  }

  private static void add(StringBuilder text, Remark remark) {
    LinuxRule rule = remark.rule();
    line(
        text,
        word(rule.effect()),
        "%s at offset %s: %s"
            .formatted(
                remark.signature(),
                Hex.of(remark.place().offset(), OFFSET_DIGITS),
                ReasonText.of(remark.place().reason())));
    line(
        text,
        "",
        rule.message().isEmpty()
            ? "the kernel prints nothing"
            : "the kernel prints \"" + rule.message() + "\"");
    line(text, "", "%s, Linux %s".formatted(rule.source(), rule.versions()));
  }

  private static String word(Effect effect) {
    return switch (effect) {
      case REFUSES_ALL -> "refused";
      case DROPS_PART -> "dropped";
      case NOTE -> "note";
    };
  }

  private static void lines(StringBuilder text, String label, List<String> values) {
    values.stream().limit(SHOWN_MAX).forEach(value -> line(text, label, value));
    if (values.size() > SHOWN_MAX) {
      line(text, label, "%d more".formatted(values.size() - SHOWN_MAX));
    }
  }

  private static void line(StringBuilder text, String label, String value) {
    text.append("  %-10s  %s\n".formatted(label, value));
  }
}
