// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Reason.Count;
import org.crashlane.bits.Reason.Name;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Processors and interrupt controllers of an APIC table, field by field. */
final class MadtTest {
  private static final String FIELDS = "0000e0fe01000000";

  private static byte[] table(String structures) {
    return new TableBuilder().signature("APIC").fields(FIELDS).add(structures).build();
  }

  private static Madt read(String structures) {
    return Madt.read("made", table(structures));
  }

  @Test
  void fieldsInFrontAreRead() {
    Madt madt = read("");
    assertEquals(0xfee00000L, madt.localApicAddress());
    assertEquals(List.of("PCAT_COMPAT"), madt.flagNames());
    assertEquals(Checksum.RIGHT, madt.checksum());
    assertEquals(List.of(), madt.problems());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          00 08 01 02 01000000 | Processor Local APIC: \
          processor uid 0x01, apic id 0x02, flags 0x00000001 (Enabled)
          01 0c 08 00 0000c0fe 18000000 | I/O APIC: \
          io apic id 0x08, address 0xfec00000, gsi base 0x00000018
          02 0a 00 09 14000000 0f00 | Interrupt Source Override: \
          bus 0x00, source 0x09, gsi 0x00000014, flags 0x000f (Polarity=3, TriggerMode=3)
          03 08 0500 02000000 | NMI Source: \
          flags 0x0005 (Polarity=1, TriggerMode=1), gsi 0x00000002
          04 06 ff 0500 01 | Local APIC NMI: \
          processor uid 0xff, flags 0x0005 (Polarity=1, TriggerMode=1), lint 0x01
          05 0c 0000 0000e0fe01000000 | Local APIC Address Override: address 0x1fee00000
          09 10 0000 2c010000 02000000 05000000 | Processor Local x2APIC: \
          apic id 0x0000012c, flags 0x00000002 (OnlineCapable), processor uid 0x00000005
          0a 0c 0500 ffffffff 01 000000 | Local x2APIC NMI: \
          flags 0x0005 (Polarity=1, TriggerMode=1), processor uid 0xffffffff, lint 0x01
          0c 18 0000 00000000 0000000800000000 00000000 03 000000 | GIC Distributor: \
          gic id 0x00000000, base address 0x8000000, gsi base 0x00000000, gic version 0x03
          0f 14 0000 01000000 0000080800000000 00000000 | GIC ITS: \
          its id 0x00000001, base address 0x8080000
          55 04 abcd | unknown type 85, 4 bytes: bytes abcd
          """)
  void structureIsShownFieldByField(String bytes, String text) {
    Madt madt = read(bytes);
    assertEquals(List.of(), madt.problems());
    assertEquals("0x002c  " + text, madt.describe().lines().toList().getLast());
  }

  @Test
  void ioApicsAndProcessorsAreFoundAmongTheRest() {
    Madt madt =
        read(
            "00 08 00 00 01000000 00 08 01 01 00000000 00 08 02 ff 01000000"
                + "01 0c 08 00 0000c0fe 00000000 09 10 0000 00010000 01000000 00000000");
    assertEquals(List.of(new Madt.IoApic(new Extent(68, 12), 8, 0xfec00000L, 0)), madt.ioApics());
    assertEquals(
        List.of(new Madt.Processor(0, true), new Madt.Processor(256, true)), madt.processors());
  }

  @Test
  void structureThatIsTooShortIsReportedAndNotCounted() {
    Madt madt = read("01 08 08 00 0000c0fe");
    assertEquals(List.of(), madt.ioApics());
    Reason reason = madt.problems().getFirst().reason();
    assertEquals(Flaw.STRUCTURE_TOO_SHORT, reason.term());
    assertEquals(List.of(new Name("structure"), new Count(1)), reason.details().subList(0, 2));
    assertTrue(madt.problems().getFirst().losesContent());
  }

  @Test
  void structureWithoutALengthEndsTheTable() {
    Madt madt = read("01 00 08 00");
    assertEquals(List.of(), madt.entries());
    assertEquals(
        Reason.of(
            Flaw.NEXT_STRUCTURE_NOT_FOUND,
            new Name("structure"),
            new Count(1),
            new Count(0),
            new Count(2)),
        madt.problems().getFirst().reason());
  }

  @Test
  void tableThatEndsInItsHeadIsAnError() {
    byte[] table = table("");
    byte[] cut = Arrays.copyOf(table, 40);
    assertThrows(MalformedInputException.class, () -> Madt.read("cut", cut));
  }

  @Test
  void iaslReadsTheSame(@TempDir Path folder) throws IOException, InterruptedException {
    Iasl iasl = Iasl.require(folder);
    Path file =
        Files.write(
            folder.resolve("apic"),
            table(
                "00 08 01 02 01000000 01 0c 08 00 0000c0fe 18000000 02 0a 00 09 14000000 0f00"
                    + "09 10 0000 2c010000 02000000 05000000"));
    List<Iasl.Field> theirs = iasl.disassemble(file);
    Madt madt = Madt.read("apic", Files.readAllBytes(file));
    for (TableEntry entry : madt.entries()) {
      assertTrue(
          theirs.stream()
              .anyMatch(f ->
                  f.offset() == entry.at().offset()
                      && Integer.parseInt(f.value(), 16) == entry.type()),
          entry::toString);
    }
  }
}
