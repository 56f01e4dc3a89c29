// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import org.crashlane.fuzz.Fuzz;
import org.crashlane.guest.lab.iommu.LabIommu.Sightings;
import org.crashlane.guest.lab.iommu.RegisterSnapshot;
import org.crashlane.rehearsal.MappingMode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What guests and QEMU write, damaged: facts, lines, or one clear error. */
@Tag("slow")
class LabFuzzTest {
  private static final String TRACE =
      """
      vtd_reg_write addr 0x18 size 0x4 value 0x4000000
      vtd_reg_read addr 0x24 size 0x4
      ioapic_mem_write ioapic mem write addr 0x10 regsel: 0x10 size 0x4 val 0x10000
      vtd_dmar_fault sid 0xfa fault 5 addr 0x1eb60000 write 1
      vtd_dmar_enable enable 0
      amdvi_mmio_read AMDVI_MMIO_CONTROL read addr 0x18, size 8 offset 0x18
      amdvi_control_status MMIO_STATUS state 0x3f48e
      amdvi_translation_result devid: 00:02.0 gpa 0x2f000000 hpa 0x0
      amdvi_ir_remap_msi_req addr 0xfee00000 data 0x30 devid 0xa0
      amdvi_ir_target_abort RemapEn is disabled
      """;

  private static final RegisterSnapshot REGISTERS =
      new RegisterSnapshot(true, 0, new LinkedHashMap<>(), List.of());

  @Test
  void damagedReportsOfThePrimaryAreStood() throws InterruptedException {
    List<byte[]> corpus = List.of(console("identity-inside"), console("none"));
    long count =
        new Fuzz("console", corpus, List.of(LabException.class))
            .run(bytes -> {
              List<String> lines = lines(bytes);
              for (int i = 0; i < lines.size(); i++) {
                if (Transcript.isPanic(lines.get(i))) {
                  assertTrue(Transcript.afterPanic(lines, i) > i);
                }
              }
              PrimaryFacts facts = PrimaryFacts.parse(lines);
              assertFalse(facts.toString().isEmpty());
            });
    assertTrue(count > 0);
  }

  @Test
  void damagedTracesAreStood() throws InterruptedException {
    long count =
        new Fuzz("trace", List.of(TRACE.getBytes(StandardCharsets.UTF_8)), List.of())
            .run(bytes -> {
              List<String> lines = lines(bytes);
              IommuTrace trace = IommuTrace.split(List.of(), lines);
              assertTrue(trace.before().size() + trace.after().size() <= lines.size());
              for (MappingMode mode : List.of(MappingMode.VTD, MappingMode.AMDVI)) {
                Sightings seen = LabIommus.of(mode).sightings(lines, REGISTERS, REGISTERS);
                assertTrue(seen.writes().size() <= lines.size());
                assertTrue(seen.blocked().size() <= lines.size());
              }
            });
    assertTrue(count > 0);
  }

  private static byte[] console(String run) {
    return String.join("\n", Recorded.console(run)).getBytes(StandardCharsets.UTF_8);
  }

  private static List<String> lines(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8).lines().toList();
  }
}
