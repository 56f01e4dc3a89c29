// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.crashlane.acpi.IvrsBlock.Ivhd;
import org.crashlane.acpi.IvrsBlock.Ivmd;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables of many real machines, and what ACPICA's disassembler says they are. */
@Tag("slow")
final class IvrsCorpusTest {
  /** Blocks that iasl 20200925 and later agree on; older ones read no further than their head. */
  private static boolean isCommon(IvrsBlock block) {
    return !(block instanceof IvrsBlock.Unknown) && block.type() != IvrsLayout.IVHD_40H;
  }

  @Test
  void everyTableReadsWithoutProblems() throws IOException {
    Map<String, Boolean> checksums = Corpus.checksums("ivrs");
    List<Path> files = Corpus.files("ivrs");
    assertEquals(39, files.size());
    for (Path file : files) {
      Ivrs ivrs = Ivrs.read(file.toString(), Files.readAllBytes(file));
      assertTrue(checksums.get(file.getFileName().toString()), file::toString);
      assertEquals(Checksum.RIGHT, ivrs.checksum(), file::toString);
      assertEquals(List.of(), ivrs.problems(), file::toString);
      assertFalse(ivrs.units().isEmpty(), file::toString);
      assertFalse(ivrs.describe().isEmpty());
    }
  }

  @Test
  void everyBlockOfAUnitServesTheSameDevices() throws IOException {
    for (Path file : Corpus.files("ivrs")) {
      Ivrs ivrs = Ivrs.read(file.toString(), Files.readAllBytes(file));
      for (int id = 0; id <= 0xffff; id += 7) {
        RequesterId requester = new RequesterId(id);
        Optional<Ivhd> unit = ivrs.unitOf(0, requester);
        if (unit.isPresent()) {
          Ivhd highest = unit.orElseThrow();
          for (IvrsBlock block : ivrs.blocks()) {
            if (block instanceof Ivhd ivhd && ivhd.device().equals(highest.device())) {
              assertTrue(
                  ivhd.spans().stream().anyMatch(span -> span.serves(requester)),
                  () -> file + ": " + requester + " by type " + ivhd.type());
            }
          }
        }
      }
    }
  }

  @Test
  void everyTableIsWhatIaslSaysItIs(@TempDir Path folder) throws Exception {
    Iasl iasl = Iasl.require(folder);
    for (Path file : Corpus.files("ivrs")) {
      Ivrs ivrs = Ivrs.read(file.toString(), Files.readAllBytes(file));
      Map<Long, String> theirs = new TreeMap<>();
      for (Iasl.Field field : iasl.disassemble(file)) {
        theirs.put((long) field.offset(), field.value());
      }
      Map<Long, String> ours = new TreeMap<>();
      ours.put(36L, "%08x".formatted(ivrs.info()));
      ivrs.blocks().forEach(block -> addTo(ours, block));
      assertTrue(ours.size() > 10, file::toString);
      theirs.keySet().retainAll(ours.keySet());
      assertEquals(theirs, ours, file::toString);
    }
  }

  private static void addTo(Map<Long, String> fields, IvrsBlock block) {
    long at = block.at().offset();
    fields.put(at, "%02x".formatted(block.type()));
    fields.put(at + 1, "%02x".formatted(block.flags()));
    fields.put(at + 2, "%04x".formatted(block.at().lengthBytes()));
    if (!isCommon(block)) {
      return;
    }
    switch (block) {
      case Ivhd ivhd -> {
        fields.put(at + 4, hex(ivhd.device()));
        fields.put(at + 6, "%04x".formatted(ivhd.capabilityOffset()));
        fields.put(at + 8, "%016x".formatted(ivhd.registerBase()));
        fields.put(at + 16, "%04x".formatted(ivhd.segment()));
        fields.put(at + 18, "%04x".formatted(ivhd.info()));
        fields.put(at + 20, "%08x".formatted(ivhd.features()));
        ivhd.extended()
            .ifPresent(efr -> {
              fields.put(at + 24, "%016x".formatted(efr.register()));
              fields.put(at + 32, "%016x".formatted(efr.second()));
            });
        ivhd.entries().forEach(entry -> addTo(fields, entry));
      }
      case Ivmd ivmd -> {
        fields.put(at + 4, hex(ivmd.device()));
        fields.put(at + 6, hex(ivmd.lastDevice()));
        fields.put(at + 16, "%016x".formatted(ivmd.start()));
        fields.put(at + 24, "%016x".formatted(ivmd.lengthBytes()));
      }
      case IvrsBlock.Unknown _ -> throw new AssertionError("not common: " + block);
    }
  }

  private static void addTo(Map<Long, String> fields, IvhdEntry entry) {
    long at = entry.at().offset();
    fields.put(at, "%02x".formatted(entry.type()));
    if (entry instanceof IvhdEntry.WithSettings settings) {
      fields.put(at + 3, "%02x".formatted(settings.settings()));
    }
    switch (entry) {
      case IvhdEntry.Pad _, IvhdEntry.All _ -> {}
      case IvhdEntry.Select one -> fields.put(at + 1, hex(one.device()));
      case IvhdEntry.RangeStart start -> fields.put(at + 1, hex(start.device()));
      case IvhdEntry.RangeEnd end -> fields.put(at + 1, hex(end.device()));
      case IvhdEntry.AliasSelect one -> {
        fields.put(at + 1, hex(one.device()));
        fields.put(at + 5, hex(one.alias()));
      }
      case IvhdEntry.AliasRangeStart start -> {
        fields.put(at + 1, hex(start.device()));
        fields.put(at + 5, hex(start.alias()));
      }
      case IvhdEntry.ExtendedSelect one -> {
        fields.put(at + 1, hex(one.device()));
        fields.put(at + 4, "%08x".formatted(one.extended()));
      }
      case IvhdEntry.ExtendedRangeStart start -> {
        fields.put(at + 1, hex(start.device()));
        fields.put(at + 4, "%08x".formatted(start.extended()));
      }
      case IvhdEntry.Special special -> {
        fields.put(at + 4, "%02x".formatted(special.handle()));
        fields.put(at + 5, hex(special.device()));
        fields.put(at + 7, "%02x".formatted(special.variety()));
      }
      case IvhdEntry.AcpiHid _, IvhdEntry.Unknown _ ->
          throw new AssertionError("only in blocks of type 0x40: " + entry);
    }
  }

  private static String hex(RequesterId requester) {
    return "%04x".formatted(requester.value());
  }
}
