// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.crashlane.report.FindingJson.kind;
import static org.crashlane.report.FindingJson.ranged;
import static org.crashlane.report.JsonReport.array;
import static org.crashlane.report.JsonReport.names;

import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Word;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Mapping;
import org.crashlane.machine.DmaMask;
import org.crashlane.memory.AddressRange;
import org.crashlane.rule.AuditLimits;
import org.crashlane.rule.Reading;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What was read of a machine, for programs. */
final class ReadingJson {
  private ReadingJson() {}

  static ObjectNode of(Reading reading) {
    return switch (reading) {
      case Reading.Mapped(Mapping mapping) -> of(mapping);
      case Reading.Addresses(var what, AddressRange range) ->
          ranged("addresses", range).put("what", what.name());
      case Reading.Entry(Malformation entry) ->
          kind("entry")
              .put("address", Hex.of(entry.entryAddress()))
              .put("value", Hex.of(entry.raw()))
              .put("iova", Hex.of(entry.iova()))
              .put("malformation", entry.kind().name());
      case Reading.Attached(Attachment attachment) -> of(attachment);
      case Reading.Mask(var use, DmaMask mask) -> {
        ObjectNode node = kind("dma-mask").put("use", use.name());
        yield switch (mask) {
          case DmaMask.Known known -> node.put("last", Hex.of(known.last()));
          case DmaMask.Unknown _ -> node.putNull("last");
        };
      }
      case Reading.LowMemory(var need, long sizeBytes) ->
          kind("low-memory").put("need", need.name()).put("sizeBytes", sizeBytes);
      case Reading.Devices(var what, var devices) ->
          kind("devices")
              .put("what", what.name())
              .set(
                  "devices",
                  array(devices, d -> FindingJson.of(JsonNodeFactory.instance.objectNode(), d)));
      case Reading.EncryptionBit(int bit, boolean certain) ->
          kind("encryption-bit").put("bit", bit).put("certain", certain);
      case Reading.Region(var region) ->
          ranged("firmware-region", region.range()).put("how", region.kind().name());
      case Reading.TablePage(long address) -> kind("table-page").put("address", Hex.of(address));
      case Reading.Buffer(var buffer) ->
          ranged("buffer", buffer.range()).put("what", ReasonText.of(buffer.what()));
      case Reading.Reserved(var reserved) ->
          ranged("reserved", reserved.range()).put("reason", reserved.why().meaning());
      case Reading.Registers(List<Word> words) ->
          kind("registers").set("words", array(words, ReadingJson::of));
      case Reading.Vectors(var fate, List<Integer> vectors) -> {
        ObjectNode node = kind("vectors").put("fate", fate.name());
        vectors.forEach(node.putArray("vectors")::add);
        yield node;
      }
      case Reading.Interrupt(int vector, var fate) ->
          kind("interrupt").put("vector", vector).put("shows", ReasonText.of(fate.evidence()));
      case Reading.ApicId(int id) -> kind("apic-id").put("id", Integer.toUnsignedLong(id));
      case Reading.Leftovers leftovers ->
          kind("leftovers")
              .put("count", leftovers.count())
              .put("sizeBytes", leftovers.bytes())
              .put("inMemoryBytes", leftovers.bytesInMemory());
      case Reading.Spent(AuditLimits limits) ->
          kind("limits")
              .put("tablePageCount", limits.tablePageCount())
              .put("mappingCount", limits.mappingCount());
      case Reading.StatedRegion region ->
          ranged("stated-region", region.range())
              .put("structure", region.structure())
              .set("users", names(region.users()));
      case Reading.NoAcpiTable(String signature) ->
          kind("no-acpi-table").put("signature", signature);
      case Reading.InTable(String signature, long offset, var what) ->
          kind("in-table")
              .put("signature", signature)
              .put("offset", Hex.of(offset))
              .put("what", ReasonText.id(what.term()))
              .put("reason", ReasonText.of(what));
      case Reading.UnreadTable(String signature, var why) ->
          kind("unread-table")
              .put("signature", signature)
              .put("what", ReasonText.id(why.term()))
              .put("reason", ReasonText.of(why));
    };
  }

  private static ObjectNode of(Word word) {
    return named(word.layout().name(), word.value())
        .set(
            "fields",
            array(
                word.layout().fields().stream().filter(field -> field.isSet(word.value())).toList(),
                field -> named(field.name(), field.get(word.value()))));
  }

  private static ObjectNode named(String name, long value) {
    return JsonNodeFactory.instance.objectNode().put("name", name).put("value", Hex.of(value));
  }

  private static ObjectNode of(Mapping mapping) {
    return kind("mapping")
        .set("iova", JsonReport.of(mapping.iova()))
        .put("physical", Hex.of(mapping.physicalFirst()))
        .put("permissions", mapping.permissions().toString());
  }

  private static ObjectNode of(Attachment attachment) {
    ObjectNode node = kind("attachment").put("requester", attachment.requester().toString());
    return switch (attachment) {
      case Attachment.Translated t -> FindingJson.of(node.put("attached", "translated"), t.table());
      case Attachment.PassThrough p ->
          node.put("attached", "passes").put("permissions", p.permissions().toString());
      case Attachment.Blocked b ->
          node.put("attached", "blocked").put("reason", ReasonText.of(b.reason()));
      case Attachment.Unsupported u ->
          node.put("attached", "unsupported").put("reason", ReasonText.of(u.reason()));
    };
  }
}
