// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import org.crashlane.bits.Hex;
import org.crashlane.guest.live.GuestTables;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Attachment.Blocked;
import org.crashlane.iommu.Attachment.PassThrough;
import org.crashlane.iommu.Attachment.Translated;
import org.crashlane.iommu.Attachment.Unsupported;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.TableId;
import org.crashlane.report.JsonReport;
import org.crashlane.report.ReasonText;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A walk for programs.
 *
 * <pre>
 * {"version": 2, "readWhileRunning": false, "translating": true, "registers": ["GSTS 0x80000000: TES=1", "..."],
 *  "devices": [{"device": "00:04.0", "name": "...", "kind": "translated" | "pass-through" |
 *               "blocked" | "unsupported", "table": {"root": "0x...", "levels": 3, "kind": "second-level"} | absent,
 *               "domain": 1 | absent, "permissions": "rw" | absent, "reason": "..." | absent}],
 *  "tables": [{"root": "0x...", "levels": 3, "devices": ["00:04.0"],
 *              "mappings": [{"first": "0x...", "last": "0x...", "physical": "0x...",
 *                            "permissions": "rw"}],
 *              "unlistedCount": 0, "malformations": ["..."]}],
 *  "malformations": ["..."]}
 * </pre>
 */
final class TablesJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private TablesJson() {}

  static ObjectNode of(GuestTables tables) {
    ObjectNode node = NODES.objectNode().put("version", JsonReport.VERSION);
    node.put("readWhileRunning", tables.readWhileRunning());
    node.put("translating", !tables.state().isPassing());
    ArrayNode registers = node.putArray("registers");
    tables.state().description().forEach(word -> registers.add(word.toString()));
    ArrayNode devices = node.putArray("devices");
    tables.attachments().forEach(a -> devices.add(of(a, tables.name(a.requester()))));
    ArrayNode listings = node.putArray("tables");
    tables.tables().forEach(listing -> listings.add(of(listing)));
    ArrayNode malformations = node.putArray("malformations");
    tables.malformations().forEach(m -> malformations.add(ReasonText.of(m)));
    return node;
  }

  private static ObjectNode of(Attachment attachment, String name) {
    ObjectNode node =
        NODES.objectNode().put("device", attachment.requester().toString()).put("name", name);
    return switch (attachment) {
      case Translated t -> {
        node.put("kind", "translated").set("table", of(t.table()));
        yield node.put("domain", t.domainId()).put("permissions", t.permissions().toString());
      }
      case PassThrough p ->
          node.put("kind", "pass-through")
              .put("domain", p.domainId())
              .put("permissions", p.permissions().toString());
      case Blocked b -> node.put("kind", "blocked").put("reason", ReasonText.of(b.reason()));
      case Unsupported u ->
          node.put("kind", "unsupported").put("reason", ReasonText.of(u.reason()));
    };
  }

  private static ObjectNode of(GuestTables.Listing listing) {
    ObjectNode node = of(listing.table());
    ArrayNode devices = node.putArray("devices");
    listing.devices().forEach(device -> devices.add(device.toString()));
    ArrayNode mappings = node.putArray("mappings");
    for (Mapping mapping : listing.mappings()) {
      mappings
          .addObject()
          .put("first", Hex.of(mapping.iova().first()))
          .put("last", Hex.of(mapping.iova().last()))
          .put("physical", Hex.of(mapping.physicalFirst()))
          .put("permissions", mapping.permissions().toString());
    }
    node.put("unlistedCount", listing.unlistedCount());
    ArrayNode malformations = node.putArray("malformations");
    listing.malformations().forEach(m -> malformations.add(ReasonText.of(m)));
    return node;
  }

  private static ObjectNode of(TableId table) {
    return NODES
        .objectNode()
        .put("root", Hex.of(table.root()))
        .put("levels", table.levels())
        .put(
            "kind",
            switch (table.stage()) {
              case FIRST -> "first-level";
              case SECOND -> "second-level";
            });
  }
}
