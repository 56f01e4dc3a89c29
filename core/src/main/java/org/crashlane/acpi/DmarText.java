// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.crashlane.acpi.TableText.flags;
import static org.crashlane.acpi.TableText.segment;
import static org.crashlane.acpi.TableText.size;

import org.crashlane.acpi.DmarStructure.Andd;
import org.crashlane.acpi.DmarStructure.Atsr;
import org.crashlane.acpi.DmarStructure.Drhd;
import org.crashlane.acpi.DmarStructure.Rhsa;
import org.crashlane.acpi.DmarStructure.Rmrr;
import org.crashlane.acpi.DmarStructure.Satc;
import org.crashlane.acpi.DmarStructure.Sidp;
import org.crashlane.acpi.DmarStructure.Unknown;
import org.crashlane.bits.Hex;

/** A DMAR table for people. */
final class DmarText {
  private DmarText() {}

  static String of(Dmar dmar) {
    TableText tree = new TableText();
    tree.head(dmar);
    tree.line(
        "host address width %d bits; flags %s"
            .formatted(dmar.hostAddressWidthBits(), flags(dmar.flags(), dmar.flagNames())));
    for (DmarStructure structure : dmar.structures()) {
      tree.structure(structure.at(), structure.name(), summary(structure));
      for (DeviceScope scope : structure.scopes()) {
        tree.part(scope.at(), summary(scope));
      }
    }
    return tree.toString();
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
    String flags = scope.flags() == 0 ? "" : ", flags " + flags(scope.flags(), scope.flagNames());
    return scope.text() + flags;
  }
}
