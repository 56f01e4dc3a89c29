// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import static org.crashlane.firmware.Tables.IOAPIC;
import static org.crashlane.firmware.Tables.SOUTHBRIDGE;
import static org.crashlane.firmware.Tables.bridge;
import static org.crashlane.firmware.Tables.dmar;
import static org.crashlane.firmware.Tables.drhd;
import static org.crashlane.firmware.Tables.endpoint;
import static org.crashlane.firmware.Tables.ivhd;
import static org.crashlane.firmware.Tables.ivrs;
import static org.crashlane.firmware.Tables.range;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.crashlane.Repository;
import org.crashlane.acpi.AcpiFile;
import org.crashlane.acpi.AcpiTable;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.firmware.Tables;
import org.crashlane.fuzz.Fuzz;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Damaged tables, and tables of a size that no machine has, are judged all the same. */
@Tag("slow")
final class LinuxViewHostileTest {
  private static final int MANY = 20_000;

  private static void judge(byte[] file) {
    AcpiFile read = AcpiFile.read("damaged", file);
    read.tables().forEach(found -> assertTrue(!found.table().describe().isEmpty()));
    LinuxView view = new LinuxView(read.tables().stream().map(AcpiFile.Found::table).toList());
    assertEquals(view.translatesDma(), view.isAboutIommus() && !view.units().isEmpty());
    view.unitOf(RequesterId.of(0, 2, 0));
    view.devicesWithoutUnit();
    view.interrupts();
    for (Remark remark : view.remarks()) {
      assertFalse(remark.place().reason().names().isEmpty());
    }
  }

  @Test
  void fuzzedTablesAreJudged() throws Exception {
    List<byte[]> corpus = new ArrayList<>();
    corpus.add(Tables.resource("/linux/dmar-device-under-two-units.dat"));
    corpus.add(Tables.resource("/linux/dmar-region-in-interrupt-window.dat"));
    corpus.add(Tables.resource("/linux/ivrs-second-unit-old-block-only.dat"));
    corpus.add(Tables.resource("/linux/ivrs-memory-page-at-zero.dat"));
    corpus.add(
        Tables.table(
            "APIC",
            "0000e0fe01000000"
                + Tables.ioApic(8, 0xfec00000L, 0)
                + Tables.localApic(0, 1)
                + Tables.localX2apic(300, 1)));
    corpus.add(
        Tables.table(
            "IORT",
            "02000000 30000000 00000000"
                + "00 1800 01 00000000 00000000 00000000 01000000 07000000"
                + "02 3800 03 02000000 01000000 24000000"
                + "0100000000000003 01000000 00000000 40 000000"
                + "00000000 ffff0000 00000000 30000000 00000000"));
    for (String kind : List.of("dmar", "ivrs")) {
      Path folder = Repository.root().resolve("core/src/test/resources/acpi/real/" + kind);
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.sorted().limit(10).toList()) {
          corpus.add(Files.readAllBytes(file));
        }
      }
    }
    long count =
        new Fuzz("LinuxView", corpus, List.of(MalformedInputException.class))
            .run(LinuxViewHostileTest::judge);
    assertTrue(count > 0);
  }

  @Test
  void manyUnitsAndDevicesAreJudged() {
    String[] structures =
        IntStream.range(0, MANY)
            .mapToObj(i ->
                drhd(
                    0x1000L * (i + 1),
                    0,
                    i & 0xffff,
                    endpoint("00 1c00 0000"),
                    bridge("00 1c00"),
                    IOAPIC))
            .toArray(String[]::new);
    AcpiTable dmar = dmar(structures);
    LinuxView view = new LinuxView(List.of(dmar));
    assertTrue(view.has(Effect.REFUSES_ALL), "more units than Linux takes");
    String[] blocks =
        IntStream.range(0, MANY)
            .mapToObj(
                i -> ivhd(0x11, 2, 0x80000L * (i + 1), i & 0xffff, range(3, 0xffff), SOUTHBRIDGE))
            .toArray(String[]::new);
    assertTrue(new LinuxView(List.of(ivrs(blocks))).has(Effect.REFUSES_ALL));
  }
}
