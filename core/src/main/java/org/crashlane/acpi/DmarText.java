// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.List;
import java.util.Locale;
import org.crashlane.acpi.DmarStructure.Andd;
import org.crashlane.acpi.DmarStructure.Atsr;
import org.crashlane.acpi.DmarStructure.Drhd;
import org.crashlane.acpi.DmarStructure.Rhsa;
import org.crashlane.acpi.DmarStructure.Rmrr;
import org.crashlane.acpi.DmarStructure.Satc;
import org.crashlane.acpi.DmarStructure.Sidp;
import org.crashlane.acpi.DmarStructure.Unknown;
import org.crashlane.bits.Hex;

/** A DMAR table as a tree for people; offsets in front, as {@code hexdump} would show them. */
final class DmarText {
  private static final int OFFSET_DIGITS = 4;
  private static final int KIB_SHIFT = 10;
  private final StringBuilder text = new StringBuilder();

  private DmarText() {}

  static String of(Dmar dmar) {
    DmarText tree = new DmarText();
    tree.head(dmar);
    for (DmarStructure structure : dmar.structures()) {
      tree.line(
          "%s  %-7s %s"
              .formatted(
                  Hex.of(structure.at().offset(), OFFSET_DIGITS),
                  structure.name(),
                  summary(structure)));
      for (DeviceScope scope : structure.scopes()) {
        tree.line("%s    %s".formatted(Hex.of(scope.at().offset(), OFFSET_DIGITS), summary(scope)));
      }
    }
    tree.problems(dmar.problems());
    return tree.text.toString();
  }

  private void head(Dmar dmar) {
    AcpiHeader header = dmar.header();
    line(
        "DMAR revision %d, %d bytes, checksum %s"
            .formatted(
                header.revision(),
                header.lengthBytes(),
                dmar.checksum().name().toLowerCase(Locale.ROOT)));
    line(
        "OEM %s, table %s, revision %s; creator %s, revision %s"
            .formatted(
                Quoted.of(header.oemId()),
                Quoted.of(header.oemTableId()),
                Hex.of(header.oemRevision()),
                Quoted.of(header.creatorId()),
                Hex.of(header.creatorRevision())));
    line(
        "host address width %d bits; flags %s"
            .formatted(dmar.hostAddressWidthBits(), flags(dmar.flags(), dmar.flagNames())));
  }

  private static String summary(DmarStructure structure) {
    return switch (structure) {
      case Drhd drhd ->
          "segment %s, registers at %s (%s)%s"
              .formatted(
                  segment(drhd.segment()),
                  Hex.of(drhd.registerBase()),
                  size(drhd.registerBytes()),
                  drhd.includesAllPci() ? ", all PCI devices not named elsewhere" : "");
      case Rmrr rmrr ->
          "segment %s, %s-%s%s"
              .formatted(
                  segment(rmrr.segment()),
                  Hex.of(rmrr.base()),
                  Hex.of(rmrr.limit()),
                  rmrr.isOrdered() ? " (" + size(rmrr.region().sizeBytes()) + ")" : "");
      case Atsr atsr ->
          "segment %s%s"
              .formatted(segment(atsr.segment()), atsr.coversAllPorts() ? ", all root ports" : "");
      case Rhsa rhsa ->
          "registers at %s, proximity domain %d"
              .formatted(Hex.of(rhsa.registerBase()), rhsa.proximityDomain());
      case Andd andd ->
          "ACPI device %d is %s".formatted(andd.deviceNumber(), Quoted.of(andd.objectName()));
      case Satc satc ->
          "segment %s%s"
              .formatted(
                  segment(satc.segment()),
                  satc.requiresAtc() ? ", translation cache required" : "");
      case Sidp sidp -> "segment %s".formatted(segment(sidp.segment()));
      case Unknown unknown ->
          "type %d, %d bytes: %s"
              .formatted(unknown.type(), unknown.at().lengthBytes(), unknown.content());
    };
  }

  private static String summary(DeviceScope scope) {
    String what =
        switch (scope.kind()) {
          case PCI_ENDPOINT, PCI_SUB_HIERARCHY -> scope.kind().text();
          case IOAPIC, MSI_CAPABLE_HPET, ACPI_NAMESPACE_DEVICE ->
              scope.kind().text() + " " + scope.enumerationId();
          case UNKNOWN -> scope.kind().text() + " type " + scope.type();
        };
    String flags = scope.flags() == 0 ? "" : ", flags " + flags(scope.flags(), scope.flagNames());
    return what + " at " + scope.pathText() + flags;
  }

  private void problems(List<TableProblem> problems) {
    if (!problems.isEmpty()) {
      line("%d problem%s:".formatted(problems.size(), problems.size() == 1 ? "" : "s"));
      problems.forEach(problem -> line("  %s".formatted(problem)));
    }
  }

  private static String flags(int flags, List<String> names) {
    return Hex.of(flags, 2) + (names.isEmpty() ? "" : " (" + String.join(", ", names) + ")");
  }

  private static String segment(int segment) {
    return "%04x".formatted(segment);
  }

  /** A size in the largest binary unit that divides it; all 2^64 bytes are said so. */
  private static String size(long bytes) {
    if (bytes == 0) {
      return "all of memory";
    }
    String[] units = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    int unit = Math.min(Long.numberOfTrailingZeros(bytes) / KIB_SHIFT, units.length - 1);
    return Long.toUnsignedString(bytes >>> (unit * KIB_SHIFT)) + " " + units[unit];
  }

  private void line(String line) {
    text.append(line).append('\n');
  }
}
