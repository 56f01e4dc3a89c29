// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.crashlane.report.JsonReport.array;
import static org.crashlane.report.JsonReport.names;

import org.crashlane.bits.Hex;
import org.crashlane.guest.live.GuestReader.Judged;
import org.crashlane.guest.live.GuestTables;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Attachment.Blocked;
import org.crashlane.iommu.Attachment.PassThrough;
import org.crashlane.iommu.Attachment.Translated;
import org.crashlane.iommu.Attachment.Unsupported;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.TableId;
import org.crashlane.report.ArmingReport;
import org.crashlane.report.JsonReport;
import org.crashlane.report.MachineJson;
import org.crashlane.report.ReasonText;
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
 *  "malformations": ["..."],
 *  "verdict": {verdict with "prediction"}, "machine": {...}}
 * </pre>
 *
 * <p>The last two are there where a crash range was given.
 */
final class TablesJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private TablesJson() {}

  static ObjectNode of(GuestTables tables) {
    return JsonReport.document()
        .put("readWhileRunning", tables.readWhileRunning())
        .put("translating", !tables.state().isPassing())
        .set("registers", names(tables.state().description()))
        .set("devices", array(tables.attachments(), a -> of(a, tables.name(a.requester()))))
        .set("tables", array(tables.tables(), TablesJson::of))
        .set("malformations", names(tables.malformations().stream().map(ReasonText::of).toList()));
  }

  /** {@return a walk with the verdict on what it found} */
  static ObjectNode of(Judged judged) {
    return of(judged.tables())
        .set("verdict", ArmingReport.forecast(judged.judged().verdict()))
        .set("machine", MachineJson.of(judged.judged().machine()));
  }

  private static ObjectNode of(Attachment attachment, String name) {
    ObjectNode node =
        NODES.objectNode().put("device", attachment.requester().toString()).put("name", name);
    return switch (attachment) {
      case Translated t ->
          node.put("kind", "translated")
              .set("table", of(t.table()))
              .put("domain", t.domainId())
              .put("permissions", t.permissions().toString());
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
    return of(listing.table())
        .set("devices", names(listing.devices()))
        .set("mappings", array(listing.mappings(), TablesJson::of))
        .put("unlistedCount", listing.unlistedCount())
        .set("malformations", names(listing.malformations().stream().map(ReasonText::of).toList()));
  }

  private static ObjectNode of(Mapping mapping) {
    return JsonReport.of(mapping.iova())
        .put("physical", Hex.of(mapping.physicalFirst()))
        .put("permissions", mapping.permissions().toString());
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
