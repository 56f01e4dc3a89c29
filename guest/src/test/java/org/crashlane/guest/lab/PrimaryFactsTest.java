// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.PciAddress;
import org.junit.jupiter.api.Test;

class PrimaryFactsTest {
  private static final long SEED = 20260101;

  @Test
  void recordedConsoleIsRead() throws LabException {
    PrimaryFacts facts = PrimaryFacts.parse(Recorded.console("identity-inside"));

    assertEquals("6.1.0-56-cloud-amd64", facts.release());
    assertEquals(List.of(new AddressRange(0x21000000, 0x30ffffff)), facts.crashRanges());
    assertEquals(3, facts.ram().size());
    assertEquals(0x1104000, facts.vmcoreinfoAddress());
    assertEquals(0x1024, facts.vmcoreinfoSizeBytes());
    assertEquals(5, facts.devices().size());
    assertEquals(
        new PrimaryFacts.PciDevice(
            PciAddress.parse("0000:00:01.0"),
            0x010802,
            Optional.of("nvme"),
            Optional.of(1),
            Optional.of("DMA-FQ")),
        facts.devices().get(1));
    assertEquals(Optional.empty(), facts.devices().getFirst().driver());
    assertTrue(GuestConfig.defaults().iommu().hidingTable().takesThePlaceOf(facts.firmwareTable()));
    assertTrue(facts.captureKernelLoaded());
    assertEquals(Optional.of(0), facts.insideHandStatus());
    assertTrue(facts.insideHandLines().getLast().contains("3 domains armed"));
  }

  @Test
  void whatIsMissingIsNamed() {
    List<String> lines = new ArrayList<>(Recorded.console("none"));
    lines.removeIf(line -> Transcript.has(line, "vmcoreinfo"));
    LabException e = assertThrows(LabException.class, () -> PrimaryFacts.parse(lines));
    assertEquals(Phase.BOOT, e.phase());
    assertTrue(e.getMessage().contains("no line 'vmcoreinfo'"), e.getMessage());
  }

  @Test
  void damagedConsolesGiveFactsOrOneClearError() {
    List<String> recorded = Recorded.console("identity-inside");
    String text = String.join("\n", recorded);
    SplittableRandom random = new SplittableRandom(SEED);
    int errors = 0;
    for (int round = 0; round < 2000; round++) {
      StringBuilder damaged = new StringBuilder(text);
      for (int i = 0; i < 8; i++) {
        damaged.setCharAt(random.nextInt(damaged.length()), (char) random.nextInt(32, 256));
      }
      damaged.setLength(random.nextInt(damaged.length() / 2, damaged.length()));
      try {
        PrimaryFacts.parse(damaged.toString().lines().toList());
      } catch (LabException e) {
        errors++;
      }
    }
    assertTrue(errors > 100, "damage that nobody notices: only " + errors + ", seed " + SEED);
  }
}
