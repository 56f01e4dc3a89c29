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
import org.crashlane.bits.Reason;
import org.crashlane.bits.Reason.At;
import org.crashlane.bits.Reason.Code;
import org.crashlane.bits.Reason.Count;
import org.crashlane.bits.Reason.Name;
import org.crashlane.bits.Reason.Size;
import org.junit.jupiter.api.Test;

/** Tables that are wrong but readable: each problem is reported and spoils no more than itself. */
final class DmarProblemsTest {
  private static final String ATSR = "0200 0800 00 00 0000";

  private static void assertOneProblem(
      Dmar dmar, long offset, Flaw flaw, Reason.Detail... details) {
    assertEquals(
        List.of(new Problem(offset, Reason.of(flaw, details))),
        dmar.problems().stream().map(p -> new Problem(p.offset(), p.reason())).toList());
  }

  private record Problem(long offset, Reason reason) {}

  @Test
  void wrongChecksumIsReportedWithTheRightOne() {
    TableBuilder table = new TableBuilder();
    int right = table.read().header().checksumByte();
    Dmar dmar = table.checksumOff(1).read();
    assertEquals(Checksum.WRONG, dmar.checksum());
    assertOneProblem(dmar, 9, Flaw.CHECKSUM, new Code(right + 1), new Code(right));
  }

  @Test
  void fileShorterThanTheTableIsReadAsFarAsItGoes() {
    byte[] whole = new TableBuilder().add(ATSR).add(ATSR).build();
    Dmar dmar = Dmar.read("cut", Arrays.copyOf(whole, 56));
    assertEquals(Checksum.UNVERIFIABLE, dmar.checksum());
    assertOneProblem(dmar, 4, Flaw.TRUNCATED, new Count(64), new Count(56));
    assertEquals(1, dmar.structures().size());
  }

  @Test
  void fileLongerThanTheTableIsReadToTheTablesEnd() {
    byte[] whole = new TableBuilder().add(ATSR).build();
    Dmar dmar = Dmar.read("padded", Arrays.copyOf(whole, 64));
    assertEquals(Checksum.RIGHT, dmar.checksum());
    assertOneProblem(dmar, 4, Flaw.FILE_LONGER, new Count(56), new Count(64));
    assertEquals(1, dmar.structures().size());
  }

  @Test
  void tableLengthTooSmallForADmarIsNotBelieved() {
    Dmar dmar = new TableBuilder().add(ATSR).lengthOff(-9).read();
    assertEquals(Checksum.UNVERIFIABLE, dmar.checksum());
    assertOneProblem(dmar, 4, Flaw.LENGTH_TOO_SMALL, new Count(47), new Name("DMAR"));
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
        dmar,
        56,
        Flaw.NEXT_STRUCTURE_NOT_FOUND,
        new Name("structure"),
        new Count(2),
        new Count(0),
        new Count(4));
    assertEquals(1, dmar.structures().size());
  }

  @Test
  void structureOfFourBytesIsTooShortButTheNextIsFound() {
    Dmar dmar = new TableBuilder().add("0000 0400").add(ATSR).read();
    assertOneProblem(
        dmar,
        52,
        Flaw.STRUCTURE_TOO_SHORT,
        new Name("structure"),
        new Count(0),
        new Name("flags"),
        new Count(1),
        new Count(0));
    assertEquals(new Unknown(new Extent(48, 4), 0, ""), dmar.structures().getFirst());
    assertInstanceOf(Atsr.class, dmar.structures().getLast());
  }

  @Test
  void threeBytesAtTheEndAreNoStructure() {
    Dmar dmar = new TableBuilder().add(ATSR).add("020008").read();
    assertOneProblem(dmar, 56, Flaw.REST_IS_NO_STRUCTURE, new Count(3));
  }

  @Test
  void structureBehindTheTablesEndIsReadAsFarAsItGoes() {
    Dmar dmar = new TableBuilder().add("0200 1000 01 00 0000").read();
    assertOneProblem(
        dmar,
        48,
        Flaw.STRUCTURE_BEYOND_TABLE,
        new Name("structure"),
        new Count(2),
        new Count(16),
        new Count(8));
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
    assertOneProblem(dmar, 56, Flaw.REGISTER_BASE_UNALIGNED, new At(0xfed90801L), new Size(0x1000));
    assertEquals(0xfed9_0801L, ((Drhd) dmar.structures().getFirst()).registerBase());
  }

  @Test
  void reservedRegionThatEndsBeforeItBeginsIsReported() {
    Dmar dmar =
        new TableBuilder().add("0100 1800 0000 0000 00200000 00000000 ff0f0000 00000000").read();
    assertOneProblem(dmar, 56, Flaw.REGION_BACKWARDS, new At(0xfff), new At(0x2000));
    Rmrr rmrr = (Rmrr) dmar.structures().getFirst();
    assertFalse(rmrr.isOrdered());
    assertThrows(IllegalArgumentException.class, rmrr::region);
  }

  @Test
  void reservedRegionOfHalfAPageIsReported() {
    Dmar atEnd =
        new TableBuilder().add("0100 1800 0000 0000 00200000 00000000 ff270000 00000000").read();
    assertOneProblem(atEnd, 56, Flaw.REGION_NOT_WHOLE_PAGES, new At(0x2000), new At(0x27ff));
    Dmar atBeginning =
        new TableBuilder().add("0100 1800 0000 0000 00280000 00000000 ff2f0000 00000000").read();
    assertOneProblem(atBeginning, 56, Flaw.REGION_NOT_WHOLE_PAGES, new At(0x2800), new At(0x2fff));
  }

  @Test
  void reservedRegionOfOneByteIsNoWholePageButARegion() {
    Dmar dmar =
        new TableBuilder().add("0100 1800 0000 0000 00200000 00000000 00200000 00000000").read();
    assertOneProblem(dmar, 56, Flaw.REGION_NOT_WHOLE_PAGES, new At(0x2000), new At(0x2000));
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
    assertOneProblem(dmar, 56, Flaw.NAME_WITHOUT_END);
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
    assertOneProblem(dmar, 56, Flaw.SCOPE_BEYOND_STRUCTURE, new Count(10), new Count(8));
    assertEquals("00:02.0", onlyScope(dmar).pathText());
  }

  @Test
  void scopeTooShortToFindTheNextEndsTheScopes() {
    Dmar dmar = new TableBuilder().add("0200 1000 00 00 0000 01 05 0000 00 00 02 00").read();
    assertOneProblem(dmar, 56, Flaw.NEXT_SCOPE_NOT_FOUND, new Count(5), new Count(8));
    assertEquals(List.of(), dmar.structures().getFirst().scopes());
  }

  @Test
  void restTooShortForAScopeIsReported() {
    Dmar dmar = new TableBuilder().add("0200 0d00 00 00 0000 01 05 0000 00").read();
    assertOneProblem(dmar, 56, Flaw.REST_IS_NO_SCOPE, new Count(5));
  }

  @Test
  void scopeWithoutAPathIsReported() {
    Dmar dmar = new TableBuilder().add("0200 0e00 00 00 0000 01 06 0000 00 00").read();
    assertOneProblem(dmar, 56, Flaw.SCOPE_WITHOUT_PATH);
    assertEquals(Optional.empty(), onlyScope(dmar).requester());
  }

  @Test
  void halfAPathEntryIsReported() {
    Dmar dmar = new TableBuilder().add("0200 1100 00 00 0000 01 09 0000 00 00 02 00 03").read();
    assertOneProblem(dmar, 64, Flaw.PATH_ENDS_IN_HALF_AN_ENTRY);
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
    assertOneProblem(device, 62, Flaw.PATH_BEYOND_PCI, new Count(32), new Count(0));
    assertEquals(Optional.empty(), onlyScope(device).requester());
    Dmar function = new TableBuilder().add("0200 1000 00 00 0000 01 08 0000 00 00 1f 08").read();
    assertOneProblem(function, 62, Flaw.PATH_BEYOND_PCI, new Count(31), new Count(8));
    assertEquals(Optional.empty(), onlyScope(function).requester());
  }
}
