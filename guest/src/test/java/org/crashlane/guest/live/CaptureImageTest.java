// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.crashlane.image.KdumpHeader;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.ImageRegion;
import org.crashlane.memory.MappedImage;
import org.crashlane.rehearsal.CaptureKernel;
import org.crashlane.rehearsal.CaptureKernel.State;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Sighting;
import org.crashlane.rule.Sighting.CoreHeaderFact;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Capture kernels, spare memory and page tables in memory files that are mostly holes. */
class CaptureImageTest {
  private static final long GIB = 1L << 30;
  private static final AddressRange CRASH = AddressRange.parse("2e000000-3dffffff");
  private static final AddressRange ALL = AddressRange.ofSize(0, GIB);
  private static final int EHDR_BYTES = 64;
  private static final int PHDR_BYTES = 56;

  @TempDir private Path directory;
  private Path file;

  @BeforeEach
  void makeMemory() throws IOException {
    file = directory.resolve("memory");
    try (RandomAccessFile memory = new RandomAccessFile(file.toFile(), "rw")) {
      memory.setLength(GIB);
    }
  }

  @Test
  void theHeaderTellsTheCrashRange() throws IOException {
    header(0x3d00_0000, "100000-2dffffff", "3e000000-3ffdffff");
    KdumpHeader told =
        new KdumpHeader(ranges("100000-2dffffff", "3e000000-3ffdffff"), List.of(), List.of());
    assertEquals(List.of(new CaptureImage(0x3d00_0000, List.of(CRASH), told)), found());
  }

  @Test
  void theHeaderMayCopyLowMemoryIntoTheCrashRangeAndNowhereElse() throws IOException {
    String[] memory = {"1000-9fbff", "100000-2dffffff", "3e000000-3fffffff"};
    header(0x3d00_0000, memory);
    word(0x3d00_0000 + EHDR_BYTES + 8, 0x3d00_1000);
    assertEquals(List.of(CRASH), found().getFirst().crashRanges());
    word(0x3d00_0000 + EHDR_BYTES + 8, 0x2000_0000);
    assertEquals(List.of(), found(), "into memory that is dumped");
    word(0x3d00_0000 + EHDR_BYTES + 8, 0x3df8_0000);
    assertEquals(List.of(), found(), "across the end of the crash range");
  }

  @Test
  void aSecondRangeBelowIsFoundToo() throws IOException {
    header(0x3d00_0000, "100000-fffffff", "18000000-2dffffff", "3e000000-3fffffff");
    assertEquals(
        List.of(AddressRange.parse("10000000-17ffffff"), CRASH), found().getFirst().crashRanges());
  }

  @Test
  void aCrashRangeIsConfirmedByAHeaderThatLeavesOutJustThatAndNothingElse() throws IOException {
    AddressRange low = AddressRange.parse("10000000-17ffffff");
    AddressRange larger = AddressRange.parse("2d000000-3dffffff");
    header(0x3d00_0000, "100000-fffffff", "18000000-2dffffff", "3e000000-3fffffff");
    assertEquals(List.of(), doubts(low, CRASH));
    assertEquals(List.of(header(CoreHeaderFact.LEFT_OUT, low)), doubts(CRASH), "one of two");
    assertEquals(List.of(header(CoreHeaderFact.DUMPED, larger)), doubts(low, larger));
    assertEquals(
        List.of(
            Fact.NO_CAPTURE_KERNEL_LOADED,
            header(CoreHeaderFact.ELSEWHERE, low),
            header(CoreHeaderFact.ELSEWHERE, CRASH)),
        doubts(low));
  }

  private static Evidence header(CoreHeaderFact what, AddressRange range) {
    return new Sighting.CoreHeader(what, 0x3d00_0000, range);
  }

  /** Of a kernel that maps the header read-only. */
  private List<Evidence> doubts(AddressRange... named) throws IOException {
    word(0x10_0888, 0x10_1003);
    word(0x10_1000, 0x10_2003);
    word(0x10_2000 + (0x3d00_0000 >> 21) * Long.BYTES, 0x3d00_0081);
    try (SparingReader memory = reader()) {
      List<AddressRange> ranges = List.of(named);
      return CrashRangeSigns.doubts(
              memory, CaptureImage.findIn(memory, ranges), ranges, "CR3=0000000000100000")
          .stream()
          .peek(doubt -> assertEquals(FindingCode.M3, doubt.code()))
          .peek(doubt -> assertEquals(Severity.UNKNOWN, doubt.severity()))
          .flatMap(doubt -> doubt.evidence().stream())
          .toList();
    }
  }

  @Test
  void whatTheCaptureKernelIsNotGivenToBootInIsNoCrashRange() throws IOException {
    header(0x3d00_0000, "100000-fffffff", "14000000-17ffffff", "20000000-2dffffff");
    AddressRange taken = AddressRange.parse("10000000-13ffffff");
    AddressRange low = AddressRange.parse("18000000-1fffffff");
    assertTrue(found().getFirst().crashRanges().contains(taken), "nobody knows better");
    bootParameters(0x2e10_0000, "1000-9ffff", "18000000-1fffffff", "2e000000-3cffffff");
    assertEquals(
        List.of(low, AddressRange.parse("2e000000-3fffffff")), found().getFirst().crashRanges());
  }

  @Test
  void bootParametersThatMakeNoSenseTellNothing() throws IOException {
    header(0x3d00_0000, "100000-fffffff", "20000000-2dffffff");
    bootParameters(0x2e10_0000, "2e000000-3cffffff");
    word(0x2e10_0000 + 0x2d8, -1);
    assertEquals(2, found().getFirst().crashRanges().size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "elfcorehdr=0x3d000000 intel_iommu=on",
        "intel_iommu=on elfcorehdr=999424K",
        "intel_iommu=on elfcorehdr=4K@976M",
        "elfcorehdr=0 intel_iommu=on elfcorehdr=1023410176"
      })
  void theCommandLineIsThatOfTheHeadersBootParameters(String line) throws IOException {
    assertEquals(
        new CaptureKernel(MappingMode.VTD, State.LOADED, line), kernel(line.getBytes(US_ASCII)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "intel_iommu=on",
        "elfcorehdr=0x3d001000 intel_iommu=on",
        "elfcorehdr=0x3d000000\u001b[2J",
        "elfcorehdr=0xfffffffffffffffff",
        "elfcorehdr=99999999999999999G",
        ""
      })
  void oneThatLeadsElsewhereOrIsNotPrintableIsNotKnown(String line) throws IOException {
    assertEquals(CaptureKernel.notKnown(MappingMode.VTD), kernel(line.getBytes(US_ASCII)));
  }

  @Test
  void soIsOneThatIsLongerThanItMayBe() throws IOException {
    String line = "elfcorehdr=0x3d000000 " + "x".repeat(2047);
    assertEquals(CaptureKernel.notKnown(MappingMode.VTD), kernel(line.getBytes(US_ASCII)));
    byte[] endless = new byte[1 << 16];
    Arrays.fill(endless, (byte) 'x');
    assertEquals(CaptureKernel.notKnown(MappingMode.VTD), kernel(endless));
  }

  @Test
  void aTableInFrontOfTheInitrdThatShowsNoUnitsHidesTheIommu() throws IOException {
    byte[] line = "elfcorehdr=0x3d000000".getBytes(US_ASCII);
    String directory = "070701" + "0".repeat(104) + "kernel/firmware/acpi\0\0";
    String file = "070701" + "0".repeat(104) + "kernel/firmware/acpi/dmar.aml\0";
    write(0x3800_0000, (directory + file + "DMAR0\0\0\0").getBytes(US_ASCII));
    assertEquals(State.LOADED_BLIND, kernel(line).state());
    write(0x3800_0000, (directory + file + "DMARp\0\0\0").getBytes(US_ASCII));
    assertEquals(State.LOADED, kernel(line).state(), "a table with units");
    write(0x3800_0000, (directory + file + "SSDT0\0\0\0").getBytes(US_ASCII));
    assertEquals(State.LOADED, kernel(line).state(), "another table");
  }

  @Test
  void anInitrdAtAnImpossibleAddressHidesNothing() throws IOException {
    String path = "070701" + "0".repeat(104) + "kernel/firmware/acpi/dmar.aml\0";
    write(0, (path + "DMAR0\0\0\0").getBytes(US_ASCII));
    try (SparingReader memory = reader()) {
      for (long initrd : List.of(0L, -1L, Long.MIN_VALUE)) {
        assertFalse(new BootParameters(List.of(), 0, 2047, initrd).hidesIommu(memory));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0x2e200000, 2047, true",
    "0x2e200000, 21, true",
    "0x2e200000, 20, false",
    "0x2e200000, 0, false",
    "0x2e200000, -1, false",
    "-1, 2047, false",
    "-0x7fffffffffffffff, 2047, false",
    "0x7ffffffffffff000, 2047, false"
  })
  void aCommandLineIsReadFromWhereOneMayBe(String at, int longest, boolean isKnown)
      throws IOException {
    write(0x2e20_0000, "elfcorehdr=0x3d000000\0".getBytes(US_ASCII));
    try (SparingReader memory = reader()) {
      BootParameters boot = new BootParameters(List.of(), Long.decode(at), longest, 0);
      assertEquals(isKnown, boot.readCommandLine(memory, 0x3d00_0000).isPresent());
    }
  }

  @Test
  void ofTwoCrashRangesThatOfTheHeaderHasTheCommandLine() throws IOException {
    header(0x3d00_0000, "100000-fffffff", "18000000-2dffffff", "3e000000-3fffffff");
    String own = "elfcorehdr=0x3d000000 intel_iommu=on";
    String others = "elfcorehdr=0x3d000000 intel_iommu=off";
    bootParameters(0x1010_0000, "10000000-17ffffff", "2e000000-3cffffff");
    pointToCommandLine(0x1010_0000, 0x1020_0000, others);
    bootParameters(0x2e10_0000, "10000000-17ffffff", "2e000000-3cffffff");
    pointToCommandLine(0x2e10_0000, 0x2e20_0000, own);
    assertEquals(2, found().getFirst().crashRanges().size());
    try (SparingReader memory = reader()) {
      assertEquals(own, found().getFirst().kernel(memory, MappingMode.VTD).commandLine());
    }
  }

  private void pointToCommandLine(long page, long at, String line) throws IOException {
    word(page + 0x228, at);
    word(page + 0x238, 2047);
    write(at, (line + "\0").getBytes(US_ASCII));
  }

  /** Of a capture kernel with this command line, and an initrd at 0x38000000. */
  private CaptureKernel kernel(byte[] commandLine) throws IOException {
    header(0x3d00_0000, "100000-2dffffff", "3e000000-3fffffff");
    bootParameters(0x2e10_0000, "2e000000-3cffffff");
    word(0x2e10_0000 + 0x218, 0x3800_0000);
    word(0x2e10_0000 + 0x228, 0x2e20_0000);
    word(0x2e10_0000 + 0x238, 2047);
    write(0x2e20_0000, Arrays.copyOf(commandLine, commandLine.length + 1));
    try (SparingReader memory = reader()) {
      return found().getFirst().kernel(memory, MappingMode.VTD);
    }
  }

  @Test
  void aHeaderOutsideOfWhatItLeavesOutIsAFileInThePageCache() throws IOException {
    header(0x1234_5000, "100000-2dffffff", "3e000000-3fffffff");
    assertEquals(List.of(), found());
  }

  @Test
  void headersInWhatTheyNameAreNone() throws IOException {
    for (long at = 0x1000_0000; at < 0x1060_0000; at += 0x1000) {
      header(at, "100000-2dffffff");
    }
    assertEquals(List.of(), found());
  }

  @Test
  void ofAGapFullOfHeadersAFewAreTaken() throws IOException {
    for (long at = 0x3d00_0000; at < 0x3d20_0000; at += 0x1000) {
      header(at, "100000-fffffff", "20000000-3cffffff");
    }
    assertEquals(16, found().size());
  }

  @Test
  void lookingKeepsTheFilesHoles() throws IOException {
    header(0x3d00_0000, "100000-2dffffff", "3e000000-3fffffff");
    long before = allocatedBlocks();
    assertFalse(found().isEmpty());
    assertEquals(before, allocatedBlocks());
  }

  @Test
  void spareMemoryIsTheLongestRunOfZerosInTheFirstMebibyteThenWholeMebibytes() throws IOException {
    AddressRange few = AddressRange.ofSize(0, 32 << 20);
    write(0, new byte[32 << 20]);
    word(0x2_0008, 1);
    word(0x100_0000, 1);
    List<AddressRange> spare = spare(few, List.of(CRASH));
    assertEquals(AddressRange.parse("21000-7ffff"), spare.getFirst());
    assertEquals(AddressRange.parse("1100000-11fffff"), spare.get(1));
  }

  @Test
  void memoryThatNobodyEverTouchedComesFirst() throws IOException {
    write(0, new byte[32 << 20]);
    word(0x200_0000, 0);
    List<AddressRange> spare = spare(ALL, List.of(AddressRange.parse("2100000-22fffff")));
    assertEquals(AddressRange.parse("2300000-23fffff"), spare.getFirst());
    assertTrue(spare.indexOf(AddressRange.parse("10000-7ffff")) > 0, spare.toString());
    assertTrue(
        spare.indexOf(AddressRange.parse("1000000-10fffff"))
            > spare.indexOf(AddressRange.parse("10000-7ffff")),
        spare.toString());
  }

  @Test
  void whatTheDeadKernelDidNotCallItsMemoryIsSomebodyElses() throws IOException {
    try (SparingReader reader = reader()) {
      List<AddressRange> spare =
          new SpareMemory(reader, ranges("20000-fffff", "3ff80000-401fffff"))
              .find(List.of()).stream().map(SpareMemory.Piece::range).toList();
      assertEquals(ranges("10000-7ffff"), spare);
    }
  }

  private static List<AddressRange> ranges(String... ranges) {
    return Stream.of(ranges).map(AddressRange::parse).toList();
  }

  @Test
  void spareMemoryIsAboveWhatIsaDevicesReachAndOutsideOfEveryCrashRange() throws IOException {
    AddressRange few = AddressRange.ofSize(0, 19 << 20);
    List<AddressRange> crashRanges =
        List.of(AddressRange.parse("1000000-10fffff"), AddressRange.parse("11ff000-11fffff"));
    assertEquals(
        List.of(AddressRange.parse("1200000-12fffff"), AddressRange.parse("10000-7ffff")),
        spare(few, crashRanges));
  }

  @Test
  void mebibyteOfWhichAPageWasTouchedIsNotUntouched() throws IOException {
    AddressRange few = AddressRange.ofSize(0, 18 << 20);
    write(0, new byte[1 << 20]);
    word(0x10f_f000, 1);
    assertEquals(
        List.of(AddressRange.parse("1100000-11fffff"), AddressRange.parse("10000-7ffff")),
        spare(few, List.of(CRASH)));
  }

  @Test
  void runOfZerosInTheFirstMebibyteEndsAtAPageThatIsInUse() throws IOException {
    AddressRange few = AddressRange.ofSize(0, 1 << 20);
    word(0x1_fff8, 1);
    word(0x3_0000, 1);
    word(0x7_f000, 1);
    assertEquals(List.of(AddressRange.parse("31000-7efff")), spare(few, List.of(CRASH)));
  }

  private List<AddressRange> spare(AddressRange memory, List<AddressRange> crashRanges)
      throws IOException {
    try (SparingReader reader = reader(memory)) {
      return new SpareMemory(reader, List.of(ALL))
          .find(crashRanges).stream().map(SpareMemory.Piece::range).toList();
    }
  }

  @Test
  void memoryWithoutZerosHasNoneToSpare() throws IOException {
    AddressRange few = AddressRange.ofSize(0, 32 << 20);
    byte[] ones = new byte[32 << 20];
    Arrays.fill(ones, (byte) 1);
    write(0, ones);
    try (SparingReader reader = reader(few)) {
      assertEquals(List.of(), new SpareMemory(reader, List.of(ALL)).find(List.of(CRASH)));
    }
  }

  @Test
  void pageTablesInTheCrashRangeAreTheCaptureKernels() throws IOException {
    word(0x3000_0000, 0x3000_1003);
    word(0x3000_1000, 0x3000_2003);
    word(0x3000_1008, 0x8000_0083);
    try (MappedImage memory = MappedImage.openRaw(file)) {
      assertTrue(PageTables.lieIn(List.of(CRASH), 0x3000_0000, memory));
      assertTrue(PageTables.lieIn(List.of(CRASH), 0x3000_0018, memory), "with PCID bits");
    }
  }

  @Test
  void aKernelThatHasTablesElsewhereIsNotTheCaptureKernel() throws IOException {
    word(0x3000_0000, 0x3000_1003);
    word(0x3000_1ff8, 0x1234_5003);
    try (MappedImage memory = MappedImage.openRaw(file)) {
      assertFalse(PageTables.lieIn(List.of(CRASH), 0x3000_0000, memory));
      assertFalse(PageTables.lieIn(List.of(CRASH), 0x1234_5000, memory));
    }
  }

  private List<CaptureImage> found() throws IOException {
    try (SparingReader reader = reader()) {
      return CaptureImage.findAll(reader);
    }
  }

  private SparingReader reader() throws IOException {
    return reader(ALL);
  }

  private SparingReader reader(AddressRange range) throws IOException {
    return SparingReader.open(
        List.of(new MappedImage.Part(file, List.of(new ImageRegion(range, 0)))));
  }

  private long allocatedBlocks() throws IOException {
    Process du = new ProcessBuilder("du", "-k", file.toString()).start();
    return Long.parseLong(
        new String(du.getInputStream().readAllBytes(), StandardCharsets.UTF_8).split("\t", 2)[0]);
  }

  private void header(long address, String... memory) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(EHDR_BYTES + memory.length * PHDR_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1).putShort(16, (short) 4);
    bytes.putLong(32, EHDR_BYTES).putShort(54, (short) PHDR_BYTES);
    bytes.putShort(56, (short) memory.length);
    for (int i = 0; i < memory.length; i++) {
      AddressRange range = AddressRange.parse(memory[i]);
      int at = EHDR_BYTES + i * PHDR_BYTES;
      bytes.putInt(at, 1).putLong(at + 8, range.first()).putLong(at + 24, range.first());
      bytes.putLong(at + 40, range.sizeBytes());
    }
    write(address, bytes.array());
  }

  /** As kexec puts them into a page of the crash range: what may be used as memory. */
  private void bootParameters(long address, String... memory) throws IOException {
    ByteBuffer page = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
    page.putInt(0x202, 0x53726448).put(0x1e8, (byte) (memory.length + 1));
    for (int i = 0; i < memory.length; i++) {
      AddressRange range = AddressRange.parse(memory[i]);
      int at = 0x2d0 + i * 20;
      page.putLong(at, range.first()).putLong(at + 8, range.sizeBytes()).putInt(at + 16, 1);
    }
    int reserved = 0x2d0 + memory.length * 20;
    page.putLong(reserved, 0x1000_0000).putLong(reserved + 8, 0x1000).putInt(reserved + 16, 2);
    write(address, page.array());
  }

  private void word(long address, long value) throws IOException {
    write(
        address,
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, value).array());
  }

  private void write(long address, byte[] bytes) throws IOException {
    try (RandomAccessFile memory = new RandomAccessFile(file.toFile(), "rw")) {
      memory.seek(address);
      memory.write(bytes);
    }
  }
}
