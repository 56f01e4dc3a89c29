// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Access;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Writes probes as {@link ProbeFile} reads them, packed by gzip. */
public final class ProbeRecorder implements AutoCloseable {
  private static final int WORD_DIGITS = 16;
  private static final String NOTE =
      "memory outside "
          + ProbeMemory.ARENA
          + " holds, in each word of 8 bytes, its address ^ "
          + Hex.of(ProbeMemory.markOf(0))
          + "; words there that are not listed are 0; 'gpa' and 'fault' both null: neither was seen";

  private final JsonMapper mapper = new JsonMapper();
  private final Writer out;
  private final ProbeMachine machine;

  private ProbeRecorder(Writer out, ProbeMachine machine) {
    this.out = out;
    this.machine = machine;
  }

  /** Begins {@code file}, or begins it anew. */
  public static ProbeRecorder create(Path file, ProbeMachine machine) throws IOException {
    Writer out =
        new BufferedWriter(
            new OutputStreamWriter(
                new GZIPOutputStream(Files.newOutputStream(file)), StandardCharsets.UTF_8));
    ProbeRecorder recorder = new ProbeRecorder(out, machine);
    try {
      recorder.line(recorder.header());
      return recorder;
    } catch (IOException | RuntimeException e) {
      out.close();
      throw e;
    }
  }

  /** Adds one probe. */
  public void add(Probe probe) throws IOException {
    ObjectNode node = mapper.createObjectNode();
    node.put("id", probe.tables().id());
    if (probe.tables().root() != machine.root()) {
      node.put("root", Hex.of(probe.tables().root()));
    }
    ObjectNode words = node.putObject("mem");
    for (TableWord word : probe.tables().words()) {
      words.put(Hex.of(word.address()), digits(word.value()));
    }
    node.put("iova", Hex.of(probe.tables().iova()));
    node.put("op", letter(probe.access()));
    observation(node, probe);
    line(node);
  }

  private ObjectNode header() {
    ObjectNode node = mapper.createObjectNode();
    node.put("oracle", machine.oracle());
    node.put("opts", machine.options());
    switch (machine.registers()) {
      case UnitRegisters.Vtd(long version, long capability, long extendedCapability) -> {
        node.put("ver", version);
        node.put("cap", Hex.of(capability));
        node.put("ecap", Hex.of(extendedCapability));
      }
      case UnitRegisters.Amdvi(long extFeatures) -> node.put("ext", Hex.of(extFeatures));
    }
    node.put("ram_bytes", machine.ramBytes());
    node.put("sid", machine.requester().value());
    node.put("root", Hex.of(machine.root()));
    node.put("seed", machine.seed());
    node.put("note", NOTE);
    return node;
  }

  private static void observation(ObjectNode node, Probe probe) {
    switch (probe.observed()) {
      case Observation.Landed(long physicalAddress) -> {
        data(node, probe, ProbeMemory.markOf(physicalAddress));
        node.put("gpa", Hex.of(physicalAddress));
        node.putNull("fault");
      }
      case Observation.Faulted fault -> {
        data(node, probe, 0);
        node.putNull("gpa");
        ObjectNode recorded = node.putObject("fault");
        recorded.put("addr", Hex.of(fault.pageAddress()));
        recorded.put("sid", fault.requester().value());
        recorded.put("reason", fault.reason());
        recorded.put("type", letter(fault.access()));
      }
      case Observation.Nothing(long read) -> {
        data(node, probe, read);
        node.putNull("gpa");
        node.putNull("fault");
      }
    }
  }

  private static void data(ObjectNode node, Probe probe, long read) {
    if (probe.access() == Access.READ) {
      node.put("data", digits(read));
    }
  }

  private static String letter(Access access) {
    return switch (access) {
      case READ -> "R";
      case WRITE -> "W";
    };
  }

  /** Words of tables and data are 16 digits without {@code 0x}, addresses are not. */
  private static String digits(long word) {
    return Hex.of(word, WORD_DIGITS).substring(2);
  }

  private void line(ObjectNode node) throws IOException {
    out.write(mapper.writeValueAsString(node));
    out.write('\n');
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
