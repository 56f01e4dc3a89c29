// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import static org.crashlane.image.CoreBuilder.note;
import static org.crashlane.image.CoreBuilder.pattern;
import static org.crashlane.image.CoreBuilder.text;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.memory.Absence;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.UnreadableMemoryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ElfCoreTest {
  private static final int PAGE = 4096;

  @TempDir private Path folder;

  private static byte[] read(Dump dump, long address, int length) {
    byte[] bytes = new byte[length];
    dump.memory().read(address, bytes, 0, length);
    return bytes;
  }

  private static UnreadableMemoryException unreadable(Dump dump, long address) {
    return assertThrows(
        UnreadableMemoryException.class, () -> read(dump, address, 1), Long.toHexString(address));
  }

  private static List<DumpProblem.Kind> problemKinds(Dump dump) {
    return dump.problems().stream().map(DumpProblem::kind).toList();
  }

  @Test
  void segmentsAreReadByPhysicalAddress() throws IOException {
    byte[] low = pattern(PAGE, 1);
    byte[] high = pattern(2 * PAGE, 2);
    Path file = new CoreBuilder().load(0x100000000L, high).load(0x1000, low).write(folder);
    try (ElfCore core = ElfCore.open(file)) {
      assertArrayEquals(low, read(core, 0x1000, PAGE));
      assertArrayEquals(high, read(core, 0x100000000L, 2 * PAGE));
      long word = ByteBuffer.wrap(high).order(ByteOrder.LITTLE_ENDIAN).getLong(PAGE);
      assertEquals(word, core.memory().readLong(0x100001000L));
      assertEquals(
          List.of(new AddressRange(0x1000, 0x1fff), new AddressRange(0x100000000L, 0x100001fffL)),
          core.memory().ranges());
      assertEquals(core.memory().ranges(), core.readable());
      assertEquals(List.of(), core.problems());
      assertEquals(62, core.machine());
    }
  }

  @Test
  void theCoreEndsWhereItsLastSegmentDoesWhateverStandsBehind() throws IOException {
    Path file =
        new CoreBuilder()
            .load(0x5000, pattern(PAGE, 1), 2 * PAGE)
            .load(0x1000, pattern(100, 2))
            .notes(note("CORE", 1, new byte[8]))
            .write(folder);
    byte[] bytes = Files.readAllBytes(file);
    try (ElfCore core = ElfCore.open(file)) {
      assertEquals(bytes.length, core.sizeBytes());
    }
    Files.write(file, Arrays.copyOf(bytes, bytes.length + 3 * PAGE));
    try (ElfCore core = ElfCore.open(file)) {
      assertEquals(bytes.length, core.sizeBytes());
    }
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 50));
    try (ElfCore core = ElfCore.open(file)) {
      assertEquals(bytes.length - 50, core.sizeBytes());
    }
  }

  @Test
  void theSectionHeaderThatCountsSegmentsBelongsToTheCore() throws IOException {
    Path file = new CoreBuilder().extendedCount().write(folder);
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length + PAGE));
    try (ElfCore core = ElfCore.open(file)) {
      assertEquals(bytes.length, core.sizeBytes());
    }
  }

  @Test
  void neighbouringSegmentsReadAsOne() throws IOException {
    byte[] all = pattern(3 * PAGE, 3);
    Path file =
        new CoreBuilder()
            .load(0x2000, Arrays.copyOfRange(all, PAGE, 3 * PAGE))
            .load(0x1000, Arrays.copyOf(all, PAGE))
            .write(folder);
    try (ElfCore core = ElfCore.open(file)) {
      assertArrayEquals(all, read(core, 0x1000, 3 * PAGE));
      assertEquals(List.of(new AddressRange(0x1000, 0x3fff)), core.readable());
      long[] words = new long[3 * PAGE / 8];
      core.memory().readLongs(0x1000, words, words.length);
      ByteBuffer expected = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < words.length; i++) {
        assertEquals(expected.getLong(8 * i), words[i]);
      }
    }
  }

  @Test
  void aWordMayLieAcrossTwoSegments() throws IOException {
    byte[] all = pattern(24, 6);
    Path file =
        new CoreBuilder()
            .load(0x100c, Arrays.copyOfRange(all, 12, 24))
            .load(0x1000, Arrays.copyOf(all, 12))
            .load(0x2000, pattern(4, 7), 8)
            .write(folder);
    ByteBuffer expected = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
    try (ElfCore core = ElfCore.open(file)) {
      assertEquals(expected.getLong(8), core.memory().readLong(0x1008));
      long[] words = new long[3];
      core.memory().readLongs(0x1000, words, 3);
      assertArrayEquals(
          new long[] {expected.getLong(0), expected.getLong(8), expected.getLong(16)}, words);
      UnreadableMemoryException e =
          assertThrows(UnreadableMemoryException.class, () -> core.memory().readLong(0x2000));
      assertEquals(0x2004, e.address());
      assertEquals(Absence.EXCLUDED, e.absence());
    }
  }

  @Test
  void whatTheWriterLeftOutIsNotZeros() throws IOException {
    Path file = new CoreBuilder().load(0x1000, pattern(PAGE, 1), 3 * PAGE).write(folder);
    try (ElfCore core = ElfCore.open(file)) {
      assertArrayEquals(pattern(PAGE, 1), read(core, 0x1000, PAGE));
      UnreadableMemoryException e = unreadable(core, 0x2000);
      assertEquals(0x2000, e.address());
      assertEquals(Absence.EXCLUDED, e.absence());
      assertEquals(
          Absence.EXCLUDED,
          assertThrows(UnreadableMemoryException.class, () -> core.memory().readLong(0x3ff8))
              .absence());
      assertEquals(
          Absence.EXCLUDED,
          assertThrows(
                  UnreadableMemoryException.class,
                  () -> core.memory().readLongs(0x1000, new long[1024], 1024))
              .absence());
      assertEquals(Absence.NO_MEMORY, unreadable(core, 0x4000).absence());
      assertEquals(Absence.NO_MEMORY, unreadable(core, 0xfff).absence());
      assertEquals(List.of(new AddressRange(0x1000, 0x3fff)), core.memory().ranges());
      assertEquals(List.of(new AddressRange(0x1000, 0x1fff)), core.readable());
      assertEquals(List.of(), core.problems());
    }
  }

  @Test
  void aReadThatRunsIntoTheLeftOutPartNamesItsFirstAddress() throws IOException {
    Path file = new CoreBuilder().load(0x1000, pattern(PAGE, 1), 2 * PAGE).write(folder);
    try (ElfCore core = ElfCore.open(file)) {
      UnreadableMemoryException e =
          assertThrows(UnreadableMemoryException.class, () -> read(core, 0x1ff0, 0x20));
      assertEquals(0x2000, e.address());
      assertEquals(Absence.EXCLUDED, e.absence());
    }
  }

  @Test
  void aCopyOfTheSameBytesIsNoProblem() throws IOException {
    byte[] memory = pattern(4 * PAGE, 5);
    byte[] kernelText = Arrays.copyOfRange(memory, PAGE, 3 * PAGE);
    Path file = new CoreBuilder().load(0x2000, kernelText).load(0x1000, memory).write(folder);
    try (ElfCore core = ElfCore.open(file)) {
      assertArrayEquals(memory, read(core, 0x1000, 4 * PAGE));
      assertEquals(List.of(), core.problems());
    }
  }

  @Test
  void copiesThatDifferAreReportedAndTheFirstIsKept() throws IOException {
    byte[] memory = pattern(4 * PAGE, 5);
    byte[] kernelText = Arrays.copyOfRange(memory, PAGE, 3 * PAGE);
    kernelText[PAGE + 0x10] ^= 1;
    Path file = new CoreBuilder().load(0x2000, kernelText).load(0x1000, memory).write(folder);
    try (ElfCore core = ElfCore.open(file)) {
      assertArrayEquals(kernelText, read(core, 0x2000, 2 * PAGE));
      assertArrayEquals(Arrays.copyOf(memory, PAGE), read(core, 0x1000, PAGE));
      assertEquals(List.of(DumpProblem.Kind.CONTRADICTION), problemKinds(core));
      assertTrue(
          core.problems().getFirst().reason().contains("differ at physical 0x3010"),
          core.problems()::toString);
    }
  }

  @Test
  void copiesOfAPageThatADeviceWentOnWritingMayDiffer() throws IOException {
    byte[] memory = pattern(4 * PAGE, 5);
    byte[] kernelText = Arrays.copyOfRange(memory, PAGE, 3 * PAGE);
    kernelText[PAGE + 0x10] ^= 1;
    Path file = new CoreBuilder().load(0x2000, kernelText).load(0x1000, memory).write(folder);
    try (ElfCore core = ElfCore.open(file, List.of(new AddressRange(0x3000, 0x3fff)))) {
      assertEquals(List.of(), core.problems());
    }
    try (ElfCore core = ElfCore.open(file, List.of(new AddressRange(0x2000, 0x2fff)))) {
      assertEquals(List.of(DumpProblem.Kind.CONTRADICTION), problemKinds(core));
    }
  }

  @Test
  void bytesThatAreThereWinOverAClaimWithoutBytes() throws IOException {
    byte[] page = pattern(PAGE, 9);
    Path file =
        new CoreBuilder()
            .claim(CoreBuilder.PT_LOAD, 0, 0, 0, 4 * PAGE)
            .load(0x1000, page)
            .write(folder);
    try (ElfCore core = ElfCore.open(file)) {
      assertArrayEquals(page, read(core, 0x1000, PAGE));
      assertEquals(Absence.EXCLUDED, unreadable(core, 0xfff).absence());
      assertEquals(Absence.EXCLUDED, unreadable(core, 0x2000).absence());
      assertEquals(List.of(AddressRange.ofSize(0, 4 * PAGE)), core.memory().ranges());
      assertEquals(List.of(), core.problems());
    }
  }

  @Test
  void segmentsWithoutAPhysicalAddressArePassedOver() throws IOException {
    Path file = new CoreBuilder().load(-1, pattern(PAGE, 1)).load(0, pattern(16, 2)).write(folder);
    try (ElfCore core = ElfCore.open(file)) {
      assertEquals(List.of(AddressRange.ofSize(0, 16)), core.memory().ranges());
      assertEquals(List.of(), core.problems());
    }
  }

  @Test
  void aDumpCutShortIsReadAsFarAsItGoes() throws IOException {
    byte[] whole = new CoreBuilder().load(0x1000, pattern(2 * PAGE, 4), 3 * PAGE).build();
    Path file = Files.write(folder.resolve("cut"), Arrays.copyOf(whole, whole.length - PAGE));
    try (ElfCore core = ElfCore.open(file)) {
      assertArrayEquals(pattern(PAGE, 4), read(core, 0x1000, PAGE));
      assertEquals(Absence.TRUNCATED, unreadable(core, 0x2000).absence());
      assertEquals(Absence.EXCLUDED, unreadable(core, 0x3000).absence());
      assertEquals(List.of(DumpProblem.Kind.TRUNCATED), problemKinds(core));
      assertTrue(
          core.problems().getFirst().reason().endsWith("4096 bytes are missing"),
          core.problems()::toString);
    }
  }

  @Test
  void makedumpfilesMarkOfAnUnfinishedDumpIsReported() throws IOException {
    Path file = new CoreBuilder().flags(1).load(0, pattern(16, 1)).write(folder);
    try (ElfCore core = ElfCore.open(file)) {
      assertEquals(List.of(DumpProblem.Kind.INCOMPLETE), problemKinds(core));
    }
  }

  @Test
  void programHeadersMayStandAnywhere() throws IOException {
    Path file = new CoreBuilder().programHeadersAt(192).load(0x1000, pattern(64, 1)).write(folder);
    try (ElfCore core = ElfCore.open(file)) {
      assertArrayEquals(pattern(64, 1), read(core, 0x1000, 64));
    }
  }

  @Test
  void theCountOfProgramHeadersMayStandInSectionHeaderZero() throws IOException {
    CoreBuilder builder = new CoreBuilder().extendedCount();
    for (int i = 0; i < 70_000; i++) {
      builder.load(2L * PAGE * i, pattern(8, i));
    }
    try (ElfCore core = ElfCore.open(builder.write(folder))) {
      assertEquals(70_000, core.readable().size());
      assertArrayEquals(pattern(8, 69_999), read(core, 2L * PAGE * 69_999, 8));
    }
  }

  @Test
  void aCoreMayBeginInsideAFileAndHaveZerosBehindIt() throws IOException {
    byte[] core = new CoreBuilder().notes(note("X", 7, text("y"))).load(0, pattern(64, 8)).build();
    byte[] disk = new byte[512 + core.length + 10_000];
    System.arraycopy(core, 0, disk, 512, core.length);
    Path file = Files.write(folder.resolve("disk"), disk);
    try (ElfCore opened = ElfCore.open(file, 512)) {
      assertArrayEquals(pattern(64, 8), read(opened, 0, 64));
      assertEquals("X", opened.notes().getFirst().name());
      assertEquals(List.of(), opened.problems());
    }
    MalformedInputException e =
        assertThrows(MalformedInputException.class, () -> ElfCore.open(file).close());
    assertTrue(e.getMessage().contains("as if nothing was written"), e::getMessage);
  }

  @Test
  void notesAndVmcoreInfoAreFound() throws IOException {
    byte[] notes =
        concat(
            note("CORE", 1, pattern(336, 1)), note("VMCOREINFO", 0, text("OSRELEASE=6.1.0-x\n")));
    Path file = new CoreBuilder().notes(notes).load(0, pattern(16, 0)).write(folder);
    try (ElfCore core = ElfCore.open(file)) {
      assertEquals(
          List.of("CORE", "VMCOREINFO"), core.notes().stream().map(ElfNote::name).toList());
      assertEquals("6.1.0-x", core.vmcoreInfo().orElseThrow().osRelease().orElseThrow());
    }
  }

  static byte[] concat(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
