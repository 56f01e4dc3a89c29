// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.List;
import org.crashlane.acpi.AcpiHeader;
import org.crashlane.acpi.AcpiTable;
import org.crashlane.acpi.DeviceScope;
import org.crashlane.acpi.Dmar;
import org.crashlane.acpi.DmarStructure;
import org.crashlane.acpi.DmarStructure.Andd;
import org.crashlane.acpi.DmarStructure.Atsr;
import org.crashlane.acpi.DmarStructure.Drhd;
import org.crashlane.acpi.DmarStructure.Rhsa;
import org.crashlane.acpi.DmarStructure.Rmrr;
import org.crashlane.acpi.DmarStructure.Satc;
import org.crashlane.acpi.DmarStructure.Sidp;
import org.crashlane.acpi.DmarStructure.Unknown;
import org.crashlane.acpi.Extent;
import org.crashlane.acpi.FieldValue;
import org.crashlane.acpi.Iort;
import org.crashlane.acpi.Ivrs;
import org.crashlane.acpi.Madt;
import org.crashlane.acpi.TableEntry;
import org.crashlane.acpi.TableProblem;
import org.crashlane.bits.Hex;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * ACPI tables for programs. Members stand in a fixed order; addresses, offsets and flags are
 * strings of hexadecimal digits behind {@code 0x}, sizes are numbers of bytes.
 */
public final class AcpiJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private AcpiJson() {}

  /** {@return the table} */
  public static ObjectNode of(AcpiTable table) {
    ObjectNode node = header(table.header());
    node.put("checksum", table.checksum().name());
    switch (table) {
      case Dmar dmar -> addTo(node, dmar);
      case Ivrs ivrs -> IvrsJson.addTo(node, ivrs);
      case Madt madt -> {
        node.put("localApicAddress", Hex.of(madt.localApicAddress()))
            .put("flags", Hex.of(madt.flags()));
        addNames(node, "flagNames", madt.flagNames());
        addEntries(node.putArray("structures"), madt.entries());
      }
      case Iort iort -> addEntries(node.putArray("nodes"), iort.nodes());
    }
    ArrayNode problems = node.putArray("problems");
    table.problems().forEach(problem -> problems.add(of(problem)));
    return node;
  }

  private static void addTo(ObjectNode node, Dmar dmar) {
    node.put("hostAddressWidthBits", dmar.hostAddressWidthBits());
    node.put("flags", Hex.of(dmar.flags()));
    addNames(node, "flagNames", dmar.flagNames());
    ArrayNode structures = node.putArray("structures");
    dmar.structures().forEach(structure -> structures.add(of(structure)));
  }

  private static void addEntries(ArrayNode array, List<TableEntry> entries) {
    for (TableEntry entry : entries) {
      ObjectNode node = structure(entry.at(), entry.type(), entry.name());
      for (FieldValue field : entry.fields()) {
        node.put(field.name(), Hex.of(field.value()));
        if (!field.flagNames().isEmpty()) {
          addNames(node, field.name() + "Names", field.flagNames());
        }
      }
      if (!entry.text().isEmpty()) {
        node.put("objectName", entry.text());
      }
      if (!entry.parts().isEmpty()) {
        addEntries(node.putArray("parts"), entry.parts());
      }
      if (!entry.rest().isEmpty()) {
        node.put("rest", entry.rest());
      }
      array.add(node);
    }
  }

  static void addNames(ObjectNode node, String member, List<String> names) {
    ArrayNode array = node.putArray(member);
    names.forEach(array::add);
  }

  private static ObjectNode header(AcpiHeader header) {
    return NODES
        .objectNode()
        .put("signature", header.signature())
        .put("lengthBytes", header.lengthBytes())
        .put("revision", header.revision())
        .put("oemId", header.oemId())
        .put("oemTableId", header.oemTableId())
        .put("oemRevision", Hex.of(header.oemRevision()))
        .put("creatorId", header.creatorId())
        .put("creatorRevision", Hex.of(header.creatorRevision()));
  }

  /** {@return what every structure begins with} */
  static ObjectNode structure(Extent at, int type, String name) {
    return NODES
        .objectNode()
        .put("offset", Hex.of(at.offset()))
        .put("lengthBytes", at.lengthBytes())
        .put("type", type)
        .put("name", name);
  }

  private static ObjectNode of(DmarStructure structure) {
    ObjectNode node = structure(structure.at(), structure.type(), structure.name());
    boolean hasScopes = addFields(node, structure);
    if (hasScopes) {
      ArrayNode scopes = node.putArray("scopes");
      structure.scopes().forEach(scope -> scopes.add(of(scope)));
    }
    return node;
  }

  /** Adds what is particular to a kind; {@return true if the kind has device scopes}. */
  private static boolean addFields(ObjectNode node, DmarStructure structure) {
    return switch (structure) {
      case Drhd drhd -> {
        node.put("segment", drhd.segment())
            .put("registerBase", Hex.of(drhd.registerBase()))
            .put("registerBytes", drhd.registerBytes())
            .put("includesAllPci", drhd.includesAllPci());
        yield true;
      }
      case Rmrr rmrr -> {
        node.put("segment", rmrr.segment())
            .put("base", Hex.of(rmrr.base()))
            .put("limit", Hex.of(rmrr.limit()));
        yield true;
      }
      case Atsr atsr -> {
        node.put("segment", atsr.segment()).put("coversAllPorts", atsr.coversAllPorts());
        yield true;
      }
      case Rhsa rhsa -> {
        node.put("registerBase", Hex.of(rhsa.registerBase()))
            .put("proximityDomain", rhsa.proximityDomain());
        yield false;
      }
      case Andd andd -> {
        node.put("deviceNumber", andd.deviceNumber()).put("objectName", andd.objectName());
        yield false;
      }
      case Satc satc -> {
        node.put("segment", satc.segment()).put("requiresAtc", satc.requiresAtc());
        yield true;
      }
      case Sidp sidp -> {
        node.put("segment", sidp.segment());
        yield true;
      }
      case Unknown unknown -> {
        node.put("content", unknown.content());
        yield false;
      }
    };
  }

  private static ObjectNode of(DeviceScope scope) {
    ObjectNode node =
        NODES
            .objectNode()
            .put("offset", Hex.of(scope.at().offset()))
            .put("type", scope.type())
            .put("kind", scope.kind().name())
            .put("flags", Hex.of(scope.flags()))
            .put("enumerationId", scope.enumerationId())
            .put("path", scope.pathText());
    scope
        .requester()
        .ifPresentOrElse(
            requester -> node.put("requester", requester.toString()),
            () -> node.putNull("requester"));
    return node;
  }

  private static ObjectNode of(TableProblem problem) {
    return NODES
        .objectNode()
        .put("offset", Hex.of(problem.offset()))
        .put("reason", problem.reason());
  }
}
