// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.crashlane.acpi.DmarStructure.Andd;
import org.crashlane.acpi.DmarStructure.Atsr;
import org.crashlane.acpi.DmarStructure.Drhd;
import org.crashlane.acpi.DmarStructure.Rmrr;
import org.crashlane.acpi.DmarStructure.Unknown;
import org.crashlane.bits.MalformedInputException;
import org.junit.jupiter.api.Test;

/** Tables that are wrong but readable: each problem is reported and spoils no more than itself. */
final class DmarProblemsTest {
  private static final String ATSR = "0200 0800 00 00 0000";

  private static void assertOneProblem(long offset, String reason, Dmar dmar) {
    assertEquals(
        List.of("" + new TableProblem(offset, reason)),
        dmar.problems().stream().map(TableProblem::toString).toList());
  }

  @Test
  void wrongChecksumIsReportedWithTheRightOne() {
    TableBuilder table = new TableBuilder();
    int right = table.read().header().checksumByte();
    Dmar dmar = table.checksumOff(1).read();
    assertEquals(Checksum.WRONG, dmar.checksum());
    assertOneProblem(
        9, "checksum is 0x%02x, 0x%02x would be right".formatted(right + 1, right), dmar);
  }

  @Test
  void fileShorterThanTheTableIsReadAsFarAsItGoes() {
    byte[] whole = new TableBuilder().add(ATSR).add(ATSR).build();
    Dmar dmar = Dmar.read("cut", Arrays.copyOf(whole, 56));
    assertEquals(Checksum.UNVERIFIABLE, dmar.checksum());
    assertOneProblem(4, "table length is 64 bytes, the file has 56: truncated", dmar);
    assertEquals(1, dmar.structures().size());
  }

  @Test
  void fileLongerThanTheTableIsReadToTheTablesEnd() {
    byte[] whole = new TableBuilder().add(ATSR).build();
    Dmar dmar = Dmar.read("padded", Arrays.copyOf(whole, 64));
    assertEquals(Checksum.RIGHT, dmar.checksum());
    assertOneProblem(4, "table length is 56 bytes, the file has 64: the rest is left out", dmar);
    assertEquals(1, dmar.structures().size());
  }

  @Test
  void tableLengthTooSmallForADmarIsNotBelieved() {
    Dmar dmar = new TableBuilder().add(ATSR).lengthOff(-9).read();
    assertEquals(Checksum.UNVERIFIABLE, dmar.checksum());
    assertOneProblem(
        4, "table length is 47 bytes, too few for DMAR; read to the end of the file", dmar);
    assertEquals(1, dmar.structures().size());
  }

  @Test
  void tableWithoutStructuresIsNoProblem() {
    assertEquals(List.of(), new TableBuilder().read().problems());
  }

  @Test
  void fewerThan48BytesAreNoTable() {
    byte[] whole = new TableBuilder().build();
    MalformedInputException e =
        assertThrows(
            MalformedInputException.class, () -> Dmar.read("cut", Arrays.copyOf(whole, 47)));
    assertEquals(
        "cut: at offset 0x26: truncated: reserved bytes needs 10 bytes, 9 are left",
        e.getMessage());
  }

  @Test
  void structureOfLengthZeroEndsTheReading() {
    Dmar dmar = new TableBuilder().add(ATSR).add("0200 0000 00 00 0000").read();
    assertOneProblem(
        56,
        "structure of type 2 is 0 bytes long, too few to find the next one; 4 bytes are left"
            + " unread",
        dmar);
    assertEquals(1, dmar.structures().size());
  }

  @Test
  void structureOfFourBytesIsTooShortButTheNextIsFound() {
    Dmar dmar = new TableBuilder().add("0000 0400").add(ATSR).read();
    assertOneProblem(
        52, "structure of type 0 is too short: truncated: flags needs 1 bytes, 0 are left", dmar);
    assertEquals(new Unknown(new Extent(48, 4), 0, ""), dmar.structures().getFirst());
    assertInstanceOf(Atsr.class, dmar.structures().getLast());
  }

  @Test
  void threeBytesAtTheEndAreNoStructure() {
    Dmar dmar = new TableBuilder().add(ATSR).add("020008").read();
    assertOneProblem(56, "3 bytes at the end are no structure", dmar);
  }

  @Test
  void structureBehindTheTablesEndIsReadAsFarAsItGoes() {
    Dmar dmar = new TableBuilder().add("0200 1000 01 00 0000").read();
    assertOneProblem(
        48, "structure of type 2 is 16 bytes long and ends 8 bytes behind the table", dmar);
    Atsr atsr = (Atsr) dmar.structures().getFirst();
    assertEquals(16, atsr.at().lengthBytes());
  }

  @Test
  void structureOfTheFutureIsKeptAndIsNoProblem() {
    Dmar dmar = new TableBuilder().add("0700 0600 abcd").add(ATSR).read();
    assertEquals(List.of(), dmar.problems());
    assertEquals(new Unknown(new Extent(48, 6), 7, "abcd"), dmar.structures().getFirst());
  }

  @Test
  void unalignedRegisterBaseIsReported() {
    Dmar dmar = new TableBuilder().add("0000 1000 00 00 0000 0108d9fe 00000000").read();
    assertOneProblem(56, "register base 0xfed90801 is no multiple of 4 KiB", dmar);
    assertEquals(0xfed9_0801L, ((Drhd) dmar.structures().getFirst()).registerBase());
  }

  @Test
  void reservedRegionThatEndsBeforeItBeginsIsReported() {
    Dmar dmar =
        new TableBuilder().add("0100 1800 0000 0000 00200000 00000000 ff0f0000 00000000").read();
    assertOneProblem(56, "region ends at 0xfff before it begins at 0x2000", dmar);
    Rmrr rmrr = (Rmrr) dmar.structures().getFirst();
    assertFalse(rmrr.isOrdered());
    assertThrows(IllegalArgumentException.class, rmrr::region);
  }

  @Test
  void reservedRegionOfHalfAPageIsReported() {
    Dmar atEnd =
        new TableBuilder().add("0100 1800 0000 0000 00200000 00000000 ff270000 00000000").read();
    assertOneProblem(56, "region 0x2000-0x27ff is not whole 4 KiB pages", atEnd);
    Dmar atBeginning =
        new TableBuilder().add("0100 1800 0000 0000 00280000 00000000 ff2f0000 00000000").read();
    assertOneProblem(56, "region 0x2800-0x2fff is not whole 4 KiB pages", atBeginning);
  }

  @Test
  void reservedRegionOfOneByteIsNoWholePageButARegion() {
    Dmar dmar =
        new TableBuilder().add("0100 1800 0000 0000 00200000 00000000 00200000 00000000").read();
    assertOneProblem(56, "region 0x2000-0x2000 is not whole 4 KiB pages", dmar);
    assertTrue(((Rmrr) dmar.structures().getFirst()).isOrdered());
  }

  @Test
  void structureOfFourBytesMayBeTheLast() {
    Dmar dmar = new TableBuilder().add("0700 0400").read();
    assertEquals(List.of(), dmar.problems());
    assertEquals(new Unknown(new Extent(48, 4), 7, ""), dmar.structures().getFirst());
  }

  @Test
  void emptyNameIsAName() {
    Dmar dmar = new TableBuilder().add("0400 0900 000000 01 00").read();
    assertEquals(List.of(), dmar.problems());
    assertEquals("", ((Andd) dmar.structures().getFirst()).objectName());
  }

  @Test
  void nameWithoutAZeroByteIsReported() {
    Dmar dmar = new TableBuilder().add("0400 0a00 000000 01 5c5f").read();
    assertOneProblem(56, "ACPI object name has no zero byte at its end", dmar);
    assertEquals("\\_", ((Andd) dmar.structures().getFirst()).objectName());
  }

  private static DeviceScope onlyScope(Dmar dmar) {
    assertEquals(1, dmar.structures().size());
    assertEquals(1, dmar.structures().getFirst().scopes().size());
    return dmar.structures().getFirst().scopes().getFirst();
  }

  @Test
  void scopeBehindItsStructureIsReadAsFarAsItGoes() {
    Dmar dmar = new TableBuilder().add("0200 1000 00 00 0000 01 0a 0000 00 00 02 00").read();
    assertOneProblem(56, "device scope is 10 bytes long, its structure has 8 left", dmar);
    assertEquals("00:02.0", onlyScope(dmar).pathText());
  }

  @Test
  void scopeTooShortToFindTheNextEndsTheScopes() {
    Dmar dmar = new TableBuilder().add("0200 1000 00 00 0000 01 05 0000 00 00 02 00").read();
    assertOneProblem(
        56,
        "device scope is 5 bytes long, too few to find the next one; 8 bytes are left unread",
        dmar);
    assertEquals(List.of(), dmar.structures().getFirst().scopes());
  }

  @Test
  void restTooShortForAScopeIsReported() {
    Dmar dmar = new TableBuilder().add("0200 0d00 00 00 0000 01 05 0000 00").read();
    assertOneProblem(56, "5 bytes behind the last device scope are none", dmar);
  }

  @Test
  void scopeWithoutAPathIsReported() {
    Dmar dmar = new TableBuilder().add("0200 0e00 00 00 0000 01 06 0000 00 00").read();
    assertOneProblem(56, "device scope has no path", dmar);
    assertEquals(Optional.empty(), onlyScope(dmar).requester());
  }

  @Test
  void halfAPathEntryIsReported() {
    Dmar dmar = new TableBuilder().add("0200 1100 00 00 0000 01 09 0000 00 00 02 00 03").read();
    assertOneProblem(64, "path ends in half an entry", dmar);
    assertEquals("00:02.0", onlyScope(dmar).pathText());
  }

  @Test
  void scopeOfTheFutureIsKeptAndIsNoProblem() {
    Dmar dmar = new TableBuilder().add("0200 1000 00 00 0000 06 08 0000 00 00 02 00").read();
    assertEquals(List.of(), dmar.problems());
    assertEquals(DeviceScope.Kind.UNKNOWN, onlyScope(dmar).kind());
    assertEquals(6, onlyScope(dmar).type());
  }

  @Test
  void deviceAndFunctionNumbersBeyondPciAreReported() {
    Dmar device = new TableBuilder().add("0200 1000 00 00 0000 01 08 0000 00 00 20 00").read();
    assertOneProblem(62, "path has device 32, function 0", device);
    assertEquals(Optional.empty(), onlyScope(device).requester());
    Dmar function = new TableBuilder().add("0200 1000 00 00 0000 01 08 0000 00 00 1f 08").read();
    assertOneProblem(62, "path has device 31, function 8", function);
    assertEquals(Optional.empty(), onlyScope(function).requester());
  }

  @Test
  void problemsPrintTheirOffset() {
    assertEquals("at offset 0x30: wrong", new TableProblem(48, "wrong").toString());
  }
}
