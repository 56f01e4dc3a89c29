// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.crashlane.bits.Hex;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.amdvi.DeviceTableBase;
import org.crashlane.iommu.amdvi.Registers.DevTabBase;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Lines of a recorded file, out of JSON. {@link ProbeFile} shows the format. */
final class ProbeJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final String source;

  ProbeJson(String source) {
    this.source = source;
  }

  /** {@return the machine of the first line} */
  ProbeMachine machine(byte[] line) {
    return read(
        line,
        0,
        node -> {
          UnitRegisters registers = registers(node);
          boolean separate = registers instanceof UnitRegisters.Amdvi && !node.has("root");
          List<AddressRange> arena = separate ? separateTables(node) : List.of(ProbeMemory.ARENA);
          return new ProbeMachine(
              text(node, "oracle"),
              node.has("opts") ? text(node, "opts") : "",
              registers,
              ramBytes(node, arena),
              arena,
              requester(node),
              separate ? deviceTable(node) : hex(node, "root"),
              number(node, "seed"));
        });
  }

  /** Each vendor's capability registers have names of their own. */
  private static UnitRegisters registers(JsonNode node) {
    if (node.has("cap")) {
      return new UnitRegisters.Vtd(number(node, "ver"), hex(node, "cap"), hex(node, "ecap"));
    }
    require(
        node.has("ext"),
        "recorded from another IOMMU ('"
            + text(node, "oracle")
            + "'); only VT-d and AMD-Vi are replayed");
    return new UnitRegisters.Amdvi(hex(node, "ext"));
  }

  /** Where the device table is apart, there is twice as much room for page tables. */
  private static List<AddressRange> separateTables(JsonNode node) {
    AddressRange pageTables =
        AddressRange.ofSize(ProbeMemory.ARENA.first(), 2 * ProbeMemory.ARENA.sizeBytes());
    DeviceTableBase base = new DeviceTableBase(List.of(deviceTable(node)));
    AddressRange deviceTable = base.ranges(0).getFirst();
    require(!deviceTable.overlaps(pageTables), "'devtab' is at page tables: " + deviceTable);
    return List.of(pageTables, deviceTable);
  }

  /** A device table base address register in two parts. */
  private static long deviceTable(JsonNode node) {
    long size = number(node, "devtab_size_field");
    return DevTabBase.BASE.inPlace(hex(node, "devtab")) | DevTabBase.SIZE.of(size);
  }

  /**
   * {@return the probe of a further line}
   *
   * @param offset where the line begins in the file, in bytes
   */
  Probe probe(byte[] line, long offset, ProbeMachine machine) {
    return read(line, offset, node -> probe(node, machine));
  }

  private <T> T read(byte[] line, long offset, Function<JsonNode, T> content) {
    try {
      JsonNode node = MAPPER.readTree(line);
      require(node.isObject(), "no JSON object");
      return content.apply(node);
    } catch (JacksonException e) {
      throw malformed(offset, "no JSON: " + e.getOriginalMessage(), e);
    } catch (IllegalArgumentException e) {
      throw malformed(offset, e.getMessage(), e);
    }
  }

  private MalformedInputException malformed(long offset, String reason, RuntimeException cause) {
    MalformedInputException told = new MalformedInputException(source, offset, reason);
    told.initCause(cause);
    return told;
  }

  private static Probe probe(JsonNode node, ProbeMachine machine) {
    long root = node.has("root") ? hex(node, "root") : machine.root();
    ProbeCase tables =
        new ProbeCase(small(node, "id"), root, words(node, machine), aligned(hex(node, "iova")));
    return new Probe(tables, access(text(node, "op")), observation(node, machine));
  }

  private static Observation observation(JsonNode node, ProbeMachine machine) {
    JsonNode reached = required(node, "gpa");
    boolean faulted = machine.registers().showFaults() && !required(node, "fault").isNull();
    require(reached.isNull() || !faulted, "both 'gpa' and 'fault' are there");
    if (!reached.isNull()) {
      return new Observation.Landed(hex(node, "gpa"));
    }
    if (faulted) {
      JsonNode fault = node.get("fault");
      return new Observation.Faulted(
          small(fault, "reason"),
          hex(fault, "addr"),
          requester(fault),
          access(text(fault, "type")));
    }
    return new Observation.Nothing(node.has("data") ? hex(node, "data") : 0);
  }

  private static List<TableWord> words(JsonNode node, ProbeMachine machine) {
    JsonNode listed = required(node, "mem");
    require(listed.isObject(), "'mem' is no object");
    List<TableWord> words = new ArrayList<>(listed.size());
    for (Map.Entry<String, JsonNode> entry : listed.properties()) {
      long address = Hex.parse(entry.getKey());
      require(
          address % Long.BYTES == 0, "table word at " + Hex.of(address) + ": not a multiple of 8");
      require(
          machine.hasTablesAt(address),
          "table word at " + Hex.of(address) + ", outside " + machine.arena());
      words.add(new TableWord(address, Hex.parse(string(entry.getValue(), entry.getKey()))));
    }
    return words;
  }

  private static Access access(String letter) {
    return switch (letter) {
      case "R" -> Access.READ;
      case "W" -> Access.WRITE;
      default -> throw new IllegalArgumentException("neither R nor W: '" + letter + "'");
    };
  }

  private static long aligned(long iova) {
    require(iova % Long.BYTES == 0, "'iova' is no multiple of 8: " + Hex.of(iova));
    return iova;
  }

  private static long ramBytes(JsonNode node, List<AddressRange> arena) {
    long bytes = number(node, "ram_bytes");
    require(
        arena.stream().allMatch(range -> bytes > range.last()),
        "'ram_bytes' is too small: " + bytes);
    return bytes;
  }

  private static RequesterId requester(JsonNode node) {
    return RequesterId.ofPci(small(node, "sid"));
  }

  private static long number(JsonNode node, String name) {
    JsonNode value = required(node, name);
    require(
        value.isIntegralNumber() && value.canConvertToLong() && value.longValue() >= 0,
        "'" + name + "' is no number of 0 and more: " + value);
    return value.longValue();
  }

  private static int small(JsonNode node, String name) {
    long value = number(node, name);
    require(value <= Integer.MAX_VALUE, "'" + name + "' is too large: " + value);
    return (int) value;
  }

  private static long hex(JsonNode node, String name) {
    return Hex.parse(text(node, name));
  }

  private static String text(JsonNode node, String name) {
    return string(required(node, name), name);
  }

  private static String string(JsonNode value, String name) {
    require(value.isString(), "'" + name + "' is no text: " + value);
    return value.stringValue();
  }

  private static JsonNode required(JsonNode node, String name) {
    require(node.has(name), "'" + name + "' is missing");
    return node.get(name);
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
