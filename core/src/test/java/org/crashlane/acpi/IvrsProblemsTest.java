// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.crashlane.acpi.IvrsBlock.Ivhd;
import org.crashlane.acpi.IvrsBlock.Ivmd;
import org.crashlane.acpi.IvrsBlock.Unknown;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tables that are wrong but readable: each problem is reported and spoils no more than itself. */
final class IvrsProblemsTest {
  private static final String IVHD =
      "%02x 00 %02x00 0200 4000 0000b8fe 00000000 0000 0000 00000000";
  private static final String IMAGE = "00000000 00000000 00000000 00000000";
  private static final String SELECT = "02 0800 00";

  private static void assertOneProblem(long offset, String reason, Ivrs ivrs) {
    assertEquals(
        List.of("" + new TableProblem(offset, reason)),
        ivrs.problems().stream().map(TableProblem::toString).toList());
  }

  /** A block of type 0x10 with {@code entries}, and one behind it. */
  private static Ivrs withEntries(int type, String entries) {
    int headBytes = type == 0x10 ? 24 : 40;
    int bytes = headBytes + entries.replace(" ", "").length() / 2;
    Ivrs ivrs =
        TableBuilder.ivrs()
            .add(IVHD.formatted(type, bytes) + (type == 0x10 ? "" : IMAGE) + entries)
            .add(IVHD.formatted(0x10, 28) + SELECT)
            .readIvrs();
    assertEquals(2, ivrs.blocks().size());
    assertEquals(1, ivrs.blocks().getLast().entries().size());
    return ivrs;
  }

  private static List<IvhdEntry> entries(Ivrs ivrs) {
    return ivrs.blocks().getFirst().entries();
  }

  @Test
  void tableLengthTooSmallForAnIvrsIsNotBelieved() {
    Ivrs ivrs = TableBuilder.ivrs().lengthOff(-1).readIvrs();
    assertOneProblem(
        4, "table length is 47 bytes, too few for IVRS; read to the end of the file", ivrs);
    assertEquals(Checksum.UNVERIFIABLE, ivrs.checksum());
  }

  @Test
  void fewerThan48BytesAreNoTable() {
    byte[] whole = TableBuilder.ivrs().build();
    MalformedInputException e =
        assertThrows(
            MalformedInputException.class, () -> Ivrs.read("cut", Arrays.copyOf(whole, 47)));
    assertEquals(
        "cut: at offset 0x28: truncated: reserved bytes needs 8 bytes, 7 are left", e.getMessage());
  }

  @Test
  void blockOfLengthZeroEndsTheReading() {
    Ivrs ivrs = TableBuilder.ivrs().add("10 00 0000 0000").readIvrs();
    assertOneProblem(
        48,
        "block of type 0x10 is 0 bytes long, too few to find the next one; 2 bytes are left unread",
        ivrs);
  }

  @Test
  void blockTooShortForItsTypeIsKeptAsItStands() {
    Ivrs ivrs = TableBuilder.ivrs().add("10 01 0600 0200").add(IVHD.formatted(0x10, 24)).readIvrs();
    assertOneProblem(
        54,
        "block of type 0x10 is too short: truncated: capability offset needs 2 bytes, 0 are left",
        ivrs);
    assertEquals(new Unknown(new Extent(48, 6), 0x10, 1, "0200"), ivrs.blocks().getFirst());
    assertEquals(1, ivrs.units().size());
  }

  @Test
  void blockBehindTheTablesEndIsReadAsFarAsItGoes() {
    Ivrs ivrs = TableBuilder.ivrs().add(IVHD.formatted(0x10, 32) + SELECT).readIvrs();
    assertOneProblem(
        48, "block of type 0x10 is 32 bytes long and ends 4 bytes behind the table", ivrs);
    assertEquals(1, entries(ivrs).size());
  }

  @Test
  void unalignedRegisterBaseIsReported() {
    Ivrs ivrs =
        TableBuilder.ivrs()
            .add("10 00 1800 0200 4000 0020b8fe 00000000 0000 0000 00000000")
            .readIvrs();
    assertOneProblem(56, "register base 0xfeb82000 is no multiple of 16 KiB", ivrs);
  }

  @ParameterizedTest
  @CsvSource({"05,4", "7f,8", "80,16", "bf,16", "c0,32", "ef,32"})
  void unknownEntriesAreSteppedOverByTheSizeInTheirType(String type, int bytes) {
    Ivrs ivrs = withEntries(0x10, type + "11".repeat(bytes - 1) + SELECT);
    assertEquals(List.of(), ivrs.problems());
    assertEquals(
        new IvhdEntry.Unknown(
            new Extent(72, bytes), Integer.parseInt(type, 16), "11".repeat(bytes - 1)),
        entries(ivrs).getFirst());
    assertEquals(2, entries(ivrs).size());
  }

  @Test
  void entryWithoutAKnownLengthEndsTheEntriesOfItsBlock() {
    Ivrs ivrs = withEntries(0x10, SELECT + "f1 0000 00" + SELECT);
    assertOneProblem(
        76, "device entry type 0xf1 has no known length; 8 bytes are left unread", ivrs);
    assertEquals(
        new IvhdEntry.Unknown(new Extent(76, 8), 0xf1, "000000" + SELECT.replace(" ", "")),
        entries(ivrs).getLast());
    assertEquals(2, entries(ivrs).size());
  }

  @Test
  void entryCutOffByItsBlockIsReported() {
    Ivrs ivrs = withEntries(0x10, SELECT + "42 0000 00");
    assertOneProblem(76, "device entry of type 0x42 has 8 bytes, its block has 4 left", ivrs);
    assertEquals(1, entries(ivrs).size());
  }

  @Test
  void rangesWithoutABeginningOrAnEndAreReportedAndServeNothing() {
    Ivrs end = withEntries(0x10, "04 0800 00");
    assertOneProblem(72, "the range to 00:01.0 has no beginning", end);
    assertEquals(List.of(), ((Ivhd) end.blocks().getFirst()).spans());
    Ivrs start = withEntries(0x10, "03 0800 00");
    assertOneProblem(76, "the range from 00:01.0 does not end", start);
    assertEquals(List.of(), ((Ivhd) start.blocks().getFirst()).spans());
    assertOneProblem(
        76,
        "the range from 00:01.0 does not end",
        withEntries(0x10, "03 0800 00 03 1000 00 04 1800 00"));
    Ivrs backwards = withEntries(0x10, "03 1000 00 04 0800 00");
    assertOneProblem(76, "the range from 00:02.0 ends before, at 00:01.0", backwards);
    assertEquals(List.of(), ((Ivhd) backwards.blocks().getFirst()).spans());
  }

  @Test
  void specialDeviceOfAnotherVarietyIsReported() {
    assertOneProblem(
        72, "special device of variety 3 is not known", withEntries(0x10, "48 0000 00 00 a000 03"));
  }

  @Test
  void acpiDeviceInAnOldBlockIsReported() {
    Ivrs ivrs = withEntries(0x11, "f0 9900 f7 504e504430303430 0000000000000000 00 00");
    assertOneProblem(88, "ACPI device in a block of type 0x11: only type 0x40 may have one", ivrs);
    assertEquals(1, entries(ivrs).size());
  }

  @Test
  void acpiDeviceCutOffIsReported() {
    assertOneProblem(
        88,
        "ACPI device is cut off: its block has 20 bytes left",
        withEntries(0x40, "f0 9900 f7 504e504430303430 0000000000000000 00"));
    assertOneProblem(
        88,
        "unique id of an ACPI device is 4 bytes long, its block has 3 left",
        withEntries(0x40, "f0 9900 f7 504e504430303430 0000000000000000 02 04 616263"));
  }

  @ParameterizedTest
  @CsvSource({"00,1,61,61", "01,4,01000000,01000000", "03,2,6162,6162"})
  void uniqueIdThatDoesNotFitItsFormatIsKeptAsItStands(
      String form, int bytes, String id, String kept) {
    Ivrs ivrs =
        withEntries(
            0x40,
            "f0 9900 f7 504e504430303430 0000000000000000 %s %02x %s".formatted(form, bytes, id));
    assertOneProblem(
        88, "unique id of %d bytes has format %d".formatted(bytes, Integer.parseInt(form)), ivrs);
    assertEquals(kept, ((IvhdEntry.AcpiHid) entries(ivrs).getFirst()).uniqueId());
  }

  @Test
  void memoryThatIsNoRangeIsReportedIfItIsAskedFor() {
    String empty = " 2000 0000 0000 0000 000000000000 00100000 00000000 00000000 00000000";
    Ivrs ivrs = TableBuilder.ivrs().add("20 01" + empty).readIvrs();
    assertOneProblem(64, "memory at 0x1000 of 0x0 bytes is no range of addresses", ivrs);
    assertEquals(Optional.empty(), ((Ivmd) ivrs.blocks().getFirst()).region());
    assertEquals(List.of(), TableBuilder.ivrs().add("20 00" + empty).readIvrs().problems());
    String beyond = "20 08 2000 0000 0000 0000 000000000000 00f0ffff ffffffff 00200000 00000000";
    assertOneProblem(
        64,
        "memory at 0xfffffffffffff000 of 0x2000 bytes is no range of addresses",
        TableBuilder.ivrs().add(beyond).readIvrs());
  }

  @Test
  void memoryThatBeginsWithinAPageIsReported() {
    assertOneProblem(
        64,
        "memory at 0x1800 does not begin with a 4 KiB page",
        TableBuilder.ivrs()
            .add("20 01 2000 0000 0000 0000 000000000000 00180000 00000000 00100000 00000000")
            .readIvrs());
  }

  @Test
  void memoryThatEndsWithinAPageIsNoProblem() {
    Ivrs ivrs =
        TableBuilder.ivrs()
            .add("20 01 2000 0000 0000 0000 000000000000 00100000 00000000 00180000 00000000")
            .readIvrs();
    assertEquals(List.of(), ivrs.problems());
  }

  @Test
  void memoryForARangeThatEndsBeforeItBeginsIsReported() {
    Ivrs ivrs =
        TableBuilder.ivrs()
            .add("22 01 2000 1000 0800 0000 000000000000 00100000 00000000 00100000 00000000")
            .readIvrs();
    assertOneProblem(48, "the range from 00:02.0 ends before, at 00:01.0", ivrs);
    assertEquals(List.of(), ivrs.memoryOf(0, RequesterId.of(0, 0x10)));
  }
}
