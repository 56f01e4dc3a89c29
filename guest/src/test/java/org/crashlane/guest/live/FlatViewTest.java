// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.fuzz.Fuzz;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.ImageRegion;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

class FlatViewTest {
  /** As a q35 machine of 6 GiB prints it, shortened. */
  private static final String PRINTED =
      """
      FlatView #0
       AS "vtd-root", root: vtd-00.0
       Root memory region: vtd-nodmar
        0000000000000000-000000000009ffff (prio 0, ram): ram

      FlatView #1
       AS "nvme", root: bus master container
       Root memory region: (none)
        No rendered FlatView

      FlatView #2
       AS "memory", root: system
       AS "cpu-memory-0", root: system
       Root memory region: system
        0000000000000000-00000000000bffff (prio 0, ram): ram KVM
        00000000000c0000-00000000000dffff (prio 1, rom): ram @00000000000c0000 KVM
        00000000000e0000-00000000000fffff (prio 0, rom): pc.bios @0000000000020000
        0000000000100000-000000007fffffff (prio 0, ram): ram @0000000000100000
        00000000fed90000-00000000fed9022f (prio 0, i/o): intel_iommu
        00000000fee00000-00000000feefffff (prio 4096, i/o): apic-msi
        0000000100000000-00000001ffffffff (prio 0, ram): ram @0000000080000000

      FlatView #3
       AS "I/O", root: io
       Root memory region: io
        0000000000000000-0000000000000007 (prio 0, i/o): dma-chan
      """;

  @Test
  void memoryAboveTheHoleStandsElsewhereInTheFile() {
    assertEquals(
        List.of(
            new ImageRegion(AddressRange.parse("0x0-0xdffff"), 0),
            new ImageRegion(AddressRange.parse("0x100000-0x7fffffff"), 0x100000),
            new ImageRegion(AddressRange.parse("0x100000000-0x1ffffffff"), 0x80000000L)),
        parse(PRINTED).backedBy(Set.of("ram")));
  }

  @Test
  void regionsNamedByTheirObjectsPathAreFound() {
    String byPath = PRINTED.replace(": ram", ": /objects/ram");
    assertEquals(3, parse(byPath).backedBy(Set.of("ram")).size());
  }

  @Test
  void otherViewsAndOtherMemoryAreLeftOut() {
    FlatView view = parse(PRINTED);
    assertEquals(7, view.ranges().size());
    assertEquals(List.of(), view.backedBy(Set.of("other")));
    assertEquals(Optional.empty(), view.find("dma-chan"));
  }

  @Test
  void theUnitsRegistersAreFoundByTheirRegionsName() {
    assertEquals(
        Optional.of(AddressRange.parse("0xfed90000-0xfed9022f")),
        parse(PRINTED).find("intel_iommu"));
  }

  @Test
  void textThatIsNoMemoryTreeHasNoRanges() {
    assertEquals(List.of(), parse("").ranges());
    assertEquals(List.of(), parse("unknown command: 'info mtree'\n").ranges());
  }

  @Test
  void aRangeThatEndsBeforeItBeginsIsRefusedAtItsLine() {
    String text = PRINTED.replace("0000000100000000-00", "0000000300000000-00");
    MalformedInputException e = assertThrows(MalformedInputException.class, () -> parse(text));
    assertEquals(text.indexOf("  0000000300000000"), e.offset());
  }

  @Test
  void cutOffAndChangedTextIsAValueOrOneClearError() {
    int malformedCount = 0;
    for (int length = 0; length < PRINTED.length(); length++) {
      malformedCount += malformed(PRINTED.substring(0, length));
    }
    assertTrue(malformedCount > 0);
    for (long seed = 0; seed < 2000; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      StringBuilder changed = new StringBuilder(PRINTED);
      for (int i = 0; i < 5; i++) {
        changed.setCharAt(random.nextInt(changed.length()), (char) random.nextInt(128));
      }
      malformed(changed.toString());
    }
  }

  @Test
  void fuzzedTreesAreStood() throws InterruptedException {
    List<byte[]> corpus = List.of(PRINTED.getBytes(StandardCharsets.UTF_8));
    long count =
        new Fuzz("mtree", corpus, List.of(MalformedInputException.class))
            .run(bytes -> parse(new String(bytes, StandardCharsets.UTF_8)).backedBy(Set.of("ram")));
    assertTrue(count > 0);
  }

  @Test
  void fuzzedListsOfDevicesAreStood() throws InterruptedException {
    byte[] devices =
        """
        [{"bus": 0, "devices": [
          {"bus": 0, "slot": 1, "function": 0, "qdev_id": "disk",
           "class_info": {"class": 264, "desc": "NVM"}},
          {"bus": 0, "slot": 3, "function": 0, "qdev_id": "", "class_info": {"class": 1540},
           "pci_bridge": {"devices": [{"bus": 1, "slot": 0, "function": 7}]}}]}]
        """
            .getBytes(StandardCharsets.UTF_8);
    JsonMapper json = JsonMapper.builder().build();
    List<Class<? extends Exception>> promised = List.of(IOException.class, JacksonException.class);
    long count =
        new Fuzz("query-pci", List.of(devices), promised)
            .run(bytes -> PciFunction.all(Path.of("qmp"), json.readTree(bytes)));
    assertTrue(count > 0);
  }

  private static FlatView parse(String text) {
    return FlatView.parse("test", text);
  }

  /** {@return 1 if the text is refused, 0 if it is read} */
  private static int malformed(String text) {
    try {
      parse(text).backedBy(Set.of("ram"));
      return 0;
    } catch (MalformedInputException e) {
      assertEquals("test", e.source());
      return 1;
    }
  }
}
