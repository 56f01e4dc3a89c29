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
import org.crashlane.bits.Reason;
import org.crashlane.bits.Reason.At;
import org.crashlane.bits.Reason.Code;
import org.crashlane.bits.Reason.Count;
import org.crashlane.bits.Reason.Device;
import org.crashlane.bits.Reason.Name;
import org.crashlane.bits.Reason.Size;
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

  private static void assertOneProblem(
      Ivrs ivrs, long offset, Flaw flaw, Reason.Detail... details) {
    assertEquals(
        List.of(new Problem(offset, Reason.of(flaw, details))),
        ivrs.problems().stream().map(p -> new Problem(p.offset(), p.reason())).toList());
  }

  private record Problem(long offset, Reason reason) {}

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
    assertOneProblem(ivrs, 4, Flaw.LENGTH_TOO_SMALL, new Count(47), new Name("IVRS"));
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
        ivrs,
        48,
        Flaw.NEXT_STRUCTURE_NOT_FOUND,
        new Name("block"),
        new Code(0x10),
        new Count(0),
        new Count(2));
  }

  @Test
  void blockTooShortForItsTypeIsKeptAsItStands() {
    Ivrs ivrs = TableBuilder.ivrs().add("10 01 0600 0200").add(IVHD.formatted(0x10, 24)).readIvrs();
    assertOneProblem(
        ivrs,
        54,
        Flaw.STRUCTURE_TOO_SHORT,
        new Name("block"),
        new Code(0x10),
        new Name("capability offset"),
        new Count(2),
        new Count(0));
    assertEquals(new Unknown(new Extent(48, 6), 0x10, 1, "0200"), ivrs.blocks().getFirst());
    assertEquals(1, ivrs.units().size());
  }

  @Test
  void blockBehindTheTablesEndIsReadAsFarAsItGoes() {
    Ivrs ivrs = TableBuilder.ivrs().add(IVHD.formatted(0x10, 32) + SELECT).readIvrs();
    assertOneProblem(
        ivrs,
        48,
        Flaw.STRUCTURE_BEYOND_TABLE,
        new Name("block"),
        new Code(0x10),
        new Count(32),
        new Count(4));
    assertEquals(1, entries(ivrs).size());
  }

  @Test
  void unalignedRegisterBaseIsReported() {
    Ivrs ivrs =
        TableBuilder.ivrs()
            .add("10 00 1800 0200 4000 0020b8fe 00000000 0000 0000 00000000")
            .readIvrs();
    assertOneProblem(ivrs, 56, Flaw.REGISTER_BASE_UNALIGNED, new At(0xfeb82000L), new Size(0x4000));
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
    assertOneProblem(ivrs, 76, Flaw.ENTRY_OF_UNKNOWN_LENGTH, new Code(0xf1), new Count(8));
    assertEquals(
        new IvhdEntry.Unknown(new Extent(76, 8), 0xf1, "000000" + SELECT.replace(" ", "")),
        entries(ivrs).getLast());
    assertEquals(2, entries(ivrs).size());
  }

  @Test
  void entryCutOffByItsBlockIsReported() {
    Ivrs ivrs = withEntries(0x10, SELECT + "42 0000 00");
    assertOneProblem(ivrs, 76, Flaw.ENTRY_CUT_OFF, new Code(0x42), new Count(8), new Count(4));
    assertEquals(1, entries(ivrs).size());
  }

  @Test
  void rangesWithoutABeginningOrAnEndAreReportedAndServeNothing() {
    Ivrs end = withEntries(0x10, "04 0800 00");
    assertOneProblem(
        end, 72, Flaw.RANGE_WITHOUT_BEGINNING, new Device(RequesterId.parse("00:01.0").value()));
    assertEquals(List.of(), ((Ivhd) end.blocks().getFirst()).spans());
    Ivrs start = withEntries(0x10, "03 0800 00");
    assertOneProblem(
        start, 76, Flaw.RANGE_WITHOUT_END, new Device(RequesterId.parse("00:01.0").value()));
    assertEquals(List.of(), ((Ivhd) start.blocks().getFirst()).spans());
    assertOneProblem(
        withEntries(0x10, "03 0800 00 03 1000 00 04 1800 00"),
        76,
        Flaw.RANGE_WITHOUT_END,
        new Device(RequesterId.parse("00:01.0").value()));
    Ivrs backwards = withEntries(0x10, "03 1000 00 04 0800 00");
    assertOneProblem(
        backwards,
        76,
        Flaw.RANGE_BACKWARDS,
        new Device(RequesterId.parse("00:02.0").value()),
        new Device(RequesterId.parse("00:01.0").value()));
    assertEquals(List.of(), ((Ivhd) backwards.blocks().getFirst()).spans());
  }

  @Test
  void specialDeviceOfAnotherVarietyIsReported() {
    assertOneProblem(
        withEntries(0x10, "48 0000 00 00 a000 03"), 72, Flaw.UNKNOWN_SPECIAL_DEVICE, new Count(3));
  }

  @Test
  void acpiDeviceInAnOldBlockIsReported() {
    Ivrs ivrs = withEntries(0x11, "f0 9900 f7 504e504430303430 0000000000000000 00 00");
    assertOneProblem(ivrs, 88, Flaw.ACPI_DEVICE_IN_OLD_BLOCK, new Code(0x11));
    assertEquals(1, entries(ivrs).size());
  }

  @Test
  void acpiDeviceCutOffIsReported() {
    assertOneProblem(
        withEntries(0x40, "f0 9900 f7 504e504430303430 0000000000000000 00"),
        88,
        Flaw.ACPI_DEVICE_CUT_OFF,
        new Count(20));
    assertOneProblem(
        withEntries(0x40, "f0 9900 f7 504e504430303430 0000000000000000 02 04 616263"),
        88,
        Flaw.UNIQUE_ID_CUT_OFF,
        new Count(4),
        new Count(3));
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
        ivrs,
        88,
        Flaw.UNIQUE_ID_OF_OTHER_FORMAT,
        new Count(bytes),
        new Count(Integer.parseInt(form)));
    assertEquals(kept, ((IvhdEntry.AcpiHid) entries(ivrs).getFirst()).uniqueId());
  }

  @Test
  void memoryThatIsNoRangeIsReportedIfItIsAskedFor() {
    String empty = " 2000 0000 0000 0000 000000000000 00100000 00000000 00000000 00000000";
    Ivrs ivrs = TableBuilder.ivrs().add("20 01" + empty).readIvrs();
    assertOneProblem(ivrs, 64, Flaw.MEMORY_IS_NO_RANGE, new At(0x1000), new Size(0x0));
    assertEquals(Optional.empty(), ((Ivmd) ivrs.blocks().getFirst()).region());
    assertEquals(List.of(), TableBuilder.ivrs().add("20 00" + empty).readIvrs().problems());
    String beyond = "20 08 2000 0000 0000 0000 000000000000 00f0ffff ffffffff 00200000 00000000";
    assertOneProblem(
        TableBuilder.ivrs().add(beyond).readIvrs(),
        64,
        Flaw.MEMORY_IS_NO_RANGE,
        new At(0xfffffffffffff000L),
        new Size(0x2000));
  }

  @Test
  void memoryThatBeginsWithinAPageIsReported() {
    assertOneProblem(
        TableBuilder.ivrs()
            .add("20 01 2000 0000 0000 0000 000000000000 00180000 00000000 00100000 00000000")
            .readIvrs(),
        64,
        Flaw.MEMORY_BEGINS_WITHIN_PAGE,
        new At(0x1800));
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
    assertOneProblem(
        ivrs,
        48,
        Flaw.RANGE_BACKWARDS,
        new Device(RequesterId.parse("00:02.0").value()),
        new Device(RequesterId.parse("00:01.0").value()));
    assertEquals(List.of(), ivrs.memoryOf(0, RequesterId.of(0, 0x10)));
  }
}
