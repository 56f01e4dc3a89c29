// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.bits.ByteReader;
import org.crashlane.bits.Reason.At;
import org.crashlane.bits.Reason.Count;
import org.crashlane.bits.Reason.Name;

/** Reads one IORT table. */
final class IortReader implements TableFrame.Structures<TableEntry> {
  private final String source;
  private final byte[] bytes;
  private final TableFrame frame;

  IortReader(String source, byte[] bytes) {
    this.source = source;
    this.bytes = bytes;
    this.frame = new TableFrame(source, bytes, IortLayout.SIGNATURE, IortLayout.PREFIX_BYTES);
  }

  Iort read() {
    ByteReader reader = frame.reader();
    long nodeCount = reader.u32("number of nodes");
    long placeOfOffset = reader.offset();
    long nodeOffset = reader.u32("offset of the nodes");
    reader.u32("reserved bytes");
    ByteReader body = frame.body();
    Checksum checksum = frame.checksum();
    List<TableEntry> nodes = List.of();
    long gapBytes = nodeOffset - IortLayout.PREFIX_BYTES;
    if (gapBytes < 0 || gapBytes > body.remaining()) {
      frame.problem(placeOfOffset, Flaw.NODES_OUTSIDE_TABLE, new At(nodeOffset));
    } else {
      body.skip((int) gapBytes, "bytes in front of the nodes");
      nodes = frame.structures(body, this);
      if (nodes.size() != nodeCount) {
        frame.problem(
            placeOfOffset - Integer.BYTES,
            Flaw.NODE_COUNT,
            new Count(nodeCount),
            new Count(nodes.size()));
      }
    }
    return new Iort(frame.header(), checksum, nodeCount, nodes, frame.problems());
  }

  @Override
  public int headBytes() {
    return IortLayout.HEAD_BYTES;
  }

  @Override
  public int kind(ByteReader in) {
    return in.u8("type");
  }

  @Override
  public String name() {
    return "node";
  }

  @Override
  public Optional<TableEntry> read(int type, Extent at, ByteReader in) {
    if (!IortLayout.NODES.containsKey(type)) {
      return Optional.empty();
    }
    FieldTable layout = IortLayout.NODES.get(type);
    List<FieldValue> fields = new ArrayList<>(IortLayout.NODE.read(in));
    // What lies between the fields and the arrays at the end of a node is of a later revision.
    ByteReader own = in.window(ownBytes(in, fields), "fields of the node");
    fields.addAll(layout.read(own));
    String text = type == IortLayout.NAMED_COMPONENT ? objectName(own) : "";
    TableEntry head = new TableEntry(at, type, layout.name(), fields, text, List.of(), "");
    List<TableEntry> parts = new ArrayList<>();
    if (type == IortLayout.ITS_GROUP) {
      long count = head.value(IortLayout.ITS_COUNT);
      parts.addAll(array(IortLayout.ITS, count, own.offset() - at.offset(), at));
    } else if (type == IortLayout.RESERVED_MEMORY_RANGE) {
      long count = head.value(IortLayout.RANGE_COUNT);
      parts.addAll(array(IortLayout.RANGE, count, head.value(IortLayout.RANGE_OFFSET), at));
    }
    long mappings = head.value(IortLayout.MAPPING_COUNT);
    parts.addAll(array(IortLayout.MAPPING, mappings, head.value(IortLayout.MAPPING_OFFSET), at));
    String rest = parts.isEmpty() ? FieldTable.rest(own) : "";
    return Optional.of(new TableEntry(at, type, layout.name(), fields, text, parts, rest));
  }

  /** The bytes of a node's own fields: as far as its mappings, where it has any. */
  private static int ownBytes(ByteReader in, List<FieldValue> head) {
    long count = valueOf(head, IortLayout.MAPPING_COUNT);
    long end = valueOf(head, IortLayout.MAPPING_OFFSET) - IortLayout.NODE_HEADER_BYTES;
    return count == 0 || end < 0 || end > in.remaining() ? in.remaining() : (int) end;
  }

  private static long valueOf(List<FieldValue> fields, String name) {
    return fields.stream().filter(f -> f.name().equals(name)).findFirst().orElseThrow().value();
  }

  private static String objectName(ByteReader in) {
    String text = in.text(in.remaining(), "object name");
    int zero = text.indexOf('\0');
    return zero < 0 ? text : text.substring(0, zero);
  }

  /** Reads {@code count} structures that lie {@code offset} bytes into the node. */
  private List<TableEntry> array(FieldTable layout, long count, long offset, Extent node) {
    int each = layout.fields().stream().mapToInt(FieldTable.Field::bytes).sum();
    long nodeEnd = Math.min(node.offset() + node.lengthBytes(), bytes.length);
    long from = node.offset() + offset;
    if (count == 0) {
      return List.of();
    }
    if (from > nodeEnd || count > (nodeEnd - from) / each) {
      frame.problem(
          node.offset(),
          Flaw.PARTS_DO_NOT_FIT,
          new Count(count),
          new Name(layout.name()),
          new At(offset),
          new Count(node.lengthBytes()));
      return List.of();
    }
    List<TableEntry> entries = new ArrayList<>();
    for (long at = from; entries.size() < count; at += each) {
      ByteReader whole = ByteReader.of(source, bytes);
      whole.skip((int) at, layout.name());
      entries.add(TableEntry.of(new Extent(at, each), 0, layout.name(), layout.read(whole), ""));
    }
    return entries;
  }

  @Override
  public TableEntry unknown(int type, Extent at, String content) {
    return TableEntry.unknown(at, type, content);
  }
}
