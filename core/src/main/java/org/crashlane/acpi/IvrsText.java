// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.crashlane.acpi.TableText.flags;
import static org.crashlane.acpi.TableText.segment;
import static org.crashlane.acpi.TableText.size;

import java.util.List;
import org.crashlane.acpi.IvrsBlock.Ivhd;
import org.crashlane.acpi.IvrsBlock.Ivmd;
import org.crashlane.bits.Hex;
import org.crashlane.pci.RequesterId;

/** An IVRS table for people. */
final class IvrsText {
  private IvrsText() {}

  static String of(Ivrs ivrs) {
    TableText tree = new TableText();
    tree.head(ivrs);
    tree.line(
        "physical addresses %d bits, virtual %d, guest virtual %s; IVinfo %s"
            .formatted(
                ivrs.physicalAddressBits(),
                ivrs.virtualAddressBits(),
                ivrs.guestVirtualAddressBits().isPresent()
                    ? ivrs.guestVirtualAddressBits().getAsInt()
                    : "not given",
                flags(ivrs.info(), ivrs.flagNames())));
    for (IvrsBlock block : ivrs.blocks()) {
      tree.structure(block.at(), block.name(), summary(block));
      if (block instanceof Ivhd ivhd) {
        tree.part(ivhd.featuresAt(), "features" + names(ivhd.featureNames()));
      }
      for (IvhdEntry entry : block.entries()) {
        tree.part(entry.at(), summary(entry));
      }
    }
    return tree.toString();
  }

  private static String summary(IvrsBlock block) {
    return switch (block) {
      case Ivhd ivhd ->
          "type %s, unit %s:%s, registers at %s%s%s"
              .formatted(
                  Hex.of(ivhd.type(), 2),
                  segment(ivhd.segment()),
                  ivhd.device(),
                  Hex.of(ivhd.registerBase()),
                  ivhd.pageTableLevelsMax().isPresent()
                      ? ", page tables of up to %d levels"
                          .formatted(ivhd.pageTableLevelsMax().getAsInt())
                      : "",
                  flagsOf(ivhd));
      case Ivmd ivmd ->
          "type %s, %s, %s%s"
              .formatted(Hex.of(ivmd.type(), 2), ivmd.devicesText(), memory(ivmd), flagsOf(ivmd));
      case IvrsBlock.Unknown unknown ->
          "type %s, %d bytes: flags %s, %s"
              .formatted(
                  Hex.of(unknown.type(), 2),
                  unknown.at().lengthBytes(),
                  Hex.of(unknown.flags(), 2),
                  unknown.content());
    };
  }

  private static String memory(Ivmd ivmd) {
    return ivmd.region()
        .map(region -> "%s (%s)".formatted(region, size(region.sizeBytes())))
        .orElseGet(() -> Hex.of(ivmd.start()) + ", " + Hex.of(ivmd.lengthBytes()) + " bytes");
  }

  private static String summary(IvhdEntry entry) {
    return switch (entry) {
      case IvhdEntry.Pad pad -> "%s of %d bytes".formatted(pad.name(), pad.at().lengthBytes());
      case IvhdEntry.All all -> all.name() + settings(all);
      case IvhdEntry.Select one -> device(one, one.device()) + settings(one);
      case IvhdEntry.RangeStart start -> device(start, start.device()) + settings(start);
      case IvhdEntry.RangeEnd end -> device(end, end.device());
      case IvhdEntry.AliasSelect one ->
          device(one, one.device()) + ", requests carry " + one.alias() + settings(one);
      case IvhdEntry.AliasRangeStart start ->
          device(start, start.device()) + ", requests carry " + start.alias() + settings(start);
      case IvhdEntry.ExtendedSelect one ->
          device(one, one.device()) + extended(one.extended()) + settings(one);
      case IvhdEntry.ExtendedRangeStart start ->
          device(start, start.device()) + extended(start.extended()) + settings(start);
      case IvhdEntry.Special special ->
          "%s %d at %s%s"
              .formatted(kind(special), special.handle(), special.device(), settings(special));
      case IvhdEntry.AcpiHid acpi ->
          "%s %s%s at %s%s"
              .formatted(
                  acpi.name(),
                  Quoted.of(acpi.hardwareId()),
                  acpi.uniqueId().isEmpty() ? "" : " (" + Quoted.of(acpi.uniqueId()) + ")",
                  acpi.device(),
                  settings(acpi));
      case IvhdEntry.Unknown unknown ->
          "%s entry type %s: %s"
              .formatted(unknown.name(), Hex.of(unknown.type(), 2), unknown.content());
    };
  }

  private static String kind(IvhdEntry.Special special) {
    return switch (special.kind()) {
      case IOAPIC, HPET -> special.kind().name();
      case UNKNOWN -> "%s of variety %d,".formatted(special.name(), special.variety());
    };
  }

  private static String device(IvhdEntry entry, RequesterId device) {
    return entry.name() + " " + device;
  }

  private static String extended(long extended) {
    return ", extended setting " + Hex.of(extended);
  }

  private static String settings(IvhdEntry.WithSettings entry) {
    return entry.settings() == 0
        ? ""
        : ", setting " + flags(entry.settings(), entry.settingNames());
  }

  private static String flagsOf(IvrsBlock block) {
    return block.flags() == 0 ? "" : ", flags " + flags(block.flags(), block.flagNames());
  }

  private static String names(List<String> names) {
    return names.isEmpty() ? ": none reported" : " " + String.join(" ", names);
  }
}
