// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.crashlane.report.JsonReport.array;
import static org.crashlane.report.JsonReport.names;

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
      case Dmar dmar ->
          node.put("hostAddressWidthBits", dmar.hostAddressWidthBits())
              .put("flags", Hex.of(dmar.flags()))
              .set("flagNames", names(dmar.flagNames()))
              .set("structures", array(dmar.structures(), AcpiJson::of));
      case Ivrs ivrs -> IvrsJson.addTo(node, ivrs);
      case Madt madt ->
          node.put("localApicAddress", Hex.of(madt.localApicAddress()))
              .put("flags", Hex.of(madt.flags()))
              .set("flagNames", names(madt.flagNames()))
              .set("structures", array(madt.entries(), AcpiJson::of));
      case Iort iort -> node.set("nodes", array(iort.nodes(), AcpiJson::of));
    }
    return node.set("problems", array(table.problems(), AcpiJson::of));
  }

  private static ObjectNode of(TableEntry entry) {
    ObjectNode node = structure(entry.at(), entry.type(), entry.name());
    for (FieldValue field : entry.fields()) {
      node.put(field.name(), Hex.of(field.value()));
      if (!field.flagNames().isEmpty()) {
        node.set(field.name() + "Names", names(field.flagNames()));
      }
    }
    if (!entry.text().isEmpty()) {
      node.put("objectName", entry.text());
    }
    if (!entry.parts().isEmpty()) {
      node.set("parts", array(entry.parts(), AcpiJson::of));
    }
    return entry.rest().isEmpty() ? node : node.put("rest", entry.rest());
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
    return switch (structure) {
      case Drhd drhd ->
          withScopes(
              node.put("segment", drhd.segment())
                  .put("registerBase", Hex.of(drhd.registerBase()))
                  .put("registerBytes", drhd.registerBytes())
                  .put("includesAllPci", drhd.includesAllPci()),
              drhd);
      case Rmrr rmrr ->
          withScopes(
              node.put("segment", rmrr.segment())
                  .put("base", Hex.of(rmrr.base()))
                  .put("limit", Hex.of(rmrr.limit())),
              rmrr);
      case Atsr atsr ->
          withScopes(
              node.put("segment", atsr.segment()).put("coversAllPorts", atsr.coversAllPorts()),
              atsr);
      case Rhsa rhsa ->
          node.put("registerBase", Hex.of(rhsa.registerBase()))
              .put("proximityDomain", rhsa.proximityDomain());
      case Andd andd ->
          node.put("deviceNumber", andd.deviceNumber()).put("objectName", andd.objectName());
      case Satc satc ->
          withScopes(
              node.put("segment", satc.segment()).put("requiresAtc", satc.requiresAtc()), satc);
      case Sidp sidp -> withScopes(node.put("segment", sidp.segment()), sidp);
      case Unknown unknown -> node.put("content", unknown.content());
    };
  }

  private static ObjectNode withScopes(ObjectNode node, DmarStructure structure) {
    return node.set("scopes", array(structure.scopes(), AcpiJson::of));
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
        .put("kind", ReasonText.id(problem.reason().term()))
        .put("reason", ReasonText.of(problem.reason()));
  }
}
