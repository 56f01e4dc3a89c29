// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import static org.crashlane.image.CoreBuilder.PT_LOAD;
import static org.crashlane.image.CoreBuilder.PT_NOTE;
import static org.crashlane.image.CoreBuilder.note;
import static org.crashlane.image.CoreBuilder.pattern;
import static org.crashlane.image.CoreBuilder.text;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.fuzz.Fuzz;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.UnreadableMemoryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ElfCoreHostileTest {
  private static final int PAGE = 4096;

  @TempDir private Path folder;

  private static byte[] sample() {
    return new CoreBuilder()
        .notes(note("VMCOREINFO", 0, text("OSRELEASE=6.1\nPAGESIZE=4096\nSYMBOL(_stext)=ff\n")))
        .load(0x1000, pattern(64, 1))
        .load(0x1010, pattern(16, 2), 128)
        .load(0x100000, pattern(32, 3), 64)
        .build();
  }

  /** Opens the bytes and touches all of it; {@return false if they were refused} */
  private boolean survives(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("hostile"), bytes);
    try (ElfCore core = ElfCore.open(file)) {
      for (AddressRange range : core.readable()) {
        byte[] one = new byte[1];
        core.memory().read(range.first(), one, 0, 1);
        core.memory().read(range.last(), one, 0, 1);
      }
      for (AddressRange range : core.memory().ranges()) {
        assertTrue(core.memory().exists(range));
      }
      core.notes().forEach(n -> assertFalse(n.toString().isEmpty()));
      core.vmcoreInfo().ifPresent(info -> assertFalse(info.toString().isEmpty()));
      return true;
    } catch (MalformedInputException e) {
      assertEquals(file.toString(), e.source());
      return false;
    }
  }

  @Test
  void cutAtEachByteItIsRefusedOrReadWithAProblem() throws IOException {
    byte[] whole = sample();
    int tableEnd = 64 + 4 * 56;
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertEquals(length >= tableEnd, survives(cut), "cut to " + length);
      if (length >= tableEnd) {
        try (ElfCore core = ElfCore.open(folder.resolve("hostile"))) {
          assertFalse(core.problems().isEmpty(), "cut to " + length);
        }
      }
    }
    assertTrue(survives(whole));
  }

  @Test
  void anyFlippedBitGivesAValueOrOneClearError() {
    byte[] whole = sample();
    int refusedCount = 0;
    for (int bit = 0; bit < whole.length * Byte.SIZE; bit++) {
      byte[] flipped = whole.clone();
      flipped[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
      boolean survived = assertDoesNotThrow(() -> survives(flipped), "bit " + bit);
      refusedCount += survived ? 0 : 1;
    }
    assertTrue(refusedCount > 0);
  }

  @Test
  void garbageBehindASoundHeaderGivesAValueOrOneClearError() {
    for (long seed = 0; seed < 500; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      byte[] bytes = sample();
      for (int at = 64; at < bytes.length; at++) {
        if (random.nextInt(4) == 0) {
          bytes[at] = (byte) random.nextInt();
        }
      }
      assertDoesNotThrow(() -> survives(bytes), "seed " + seed);
    }
  }

  @Test
  void fuzzedCoresAreStood() throws InterruptedException {
    byte[] extended =
        new CoreBuilder()
            .extendedCount()
            .load(0, pattern(16, 1))
            .claim(PT_NOTE, 1, 2, 3, 4)
            .build();
    assertTrue(
        new Fuzz("ELF core", List.of(sample(), extended), List.of()).run(this::survives) > 0);
  }

  @ParameterizedTest
  @CsvSource({
    // reason, offset in the ELF header, its new byte
    "not a 64-bit ELF file, 4, 1",
    "not a little-endian ELF file, 5, 2",
    "'ELF type is 2, not 4 (core)', 16, 2",
    "program headers of 55 bytes, 54, 55",
    "the first bytes are of no known dump: 01 45 4c 46 02 01 01 00, 0, 1",
    "program header table, 39, -1",
    "section header 0, 57, -1",
  })
  void aHeaderThatIsNotACoresIsRefusedWithTheReason(String reason, int offset, byte value)
      throws IOException {
    byte[] bytes = sample();
    bytes[offset] = value;
    if (offset == 57) {
      bytes[56] = -1;
      Arrays.fill(bytes, 40, 48, (byte) -1);
    }
    Path file = Files.write(folder.resolve("refused"), bytes);
    MalformedInputException e =
        assertThrows(MalformedInputException.class, () -> ElfCore.open(file).close());
    assertTrue(e.getMessage().contains(reason), e::getMessage);
    assertTrue(e.getMessage().startsWith(file + ": at offset 0x"), e::getMessage);
  }

  @ParameterizedTest
  @CsvSource({
    "'KDUMP   ', kdump-compressed",
    "makedumpfile, makedumpfile -R unfolds it",
    "EMiL, LiME",
    "'', there are no bytes",
    "'makedump failed\n', 'no known dump: ''makedump failed'''",
    "abc, no known dump: 61 62 63 00 00 00 00 00",
  })
  void dumpsOfOtherFormatsAreNamed(String start, String reason) throws IOException {
    byte[] bytes = start.isEmpty() ? new byte[0] : Arrays.copyOf(text(start), 512);
    Path file = Files.write(folder.resolve("other"), bytes);
    MalformedInputException e =
        assertThrows(MalformedInputException.class, () -> ElfCore.open(file).close());
    assertTrue(e.getMessage().contains(reason), e::getMessage);
  }

  @Test
  void anAbsurdCountOfProgramHeadersIsRefusedBeforeAnythingIsAllocated() throws IOException {
    byte[] bytes = new CoreBuilder().extendedCount().load(0, pattern(16, 1)).build();
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(64 + 44, -2);
    Path file = Files.write(folder.resolve("many"), bytes);
    MalformedInputException e =
        assertThrows(MalformedInputException.class, () -> ElfCore.open(file).close());
    assertTrue(e.getMessage().contains("4294967294 program headers, more than"), e::getMessage);
  }

  @Test
  void notesBeyondTheLimitAreLeftOutWithAProblem() throws IOException {
    Path file =
        new CoreBuilder()
            .notes(note("A", 1, new byte[100]))
            .notes(note("B", 2, new byte[8]))
            .load(0, pattern(16, 1))
            .write(folder);
    try (ElfCore core = ElfCore.open(file, 0, new ElfLimits(10, 64, 0))) {
      assertEquals(List.of("B"), core.notes().stream().map(ElfNote::name).toList());
      assertEquals(
          List.of(DumpProblem.Kind.NOTE), core.problems().stream().map(DumpProblem::kind).toList());
    }
  }

  @ParameterizedTest
  @CsvSource({
    // physical, offset, file bytes, memory bytes, reason
    "-4096, 0, 0, 8192, run past 2^64",
    "4096, 0, 8192, 4096, more bytes than memory",
    "4096, -8, 64, 4096, not one of a file",
    "4096, 0, -1, -4096, run past 2^64",
  })
  void aSegmentThatMakesNoSenseIsLeftOutAndTheOthersAreRead(
      long physical, long offset, long fileBytes, long memoryBytes, String reason)
      throws IOException {
    byte[] bytes =
        new CoreBuilder().claim(PT_LOAD, 1, 2, 3, 4).load(0x100000, pattern(PAGE, 1)).build();
    ByteBuffer table = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    table.putLong(64 + 8, offset).putLong(64 + 24, physical);
    table.putLong(64 + 32, fileBytes).putLong(64 + 40, memoryBytes);
    try (ElfCore core = ElfCore.open(Files.write(folder.resolve("nonsense"), bytes))) {
      assertEquals(List.of(AddressRange.ofSize(0x100000, PAGE)), core.memory().ranges());
      DumpProblem problem = core.problems().getFirst();
      assertEquals(DumpProblem.Kind.SEGMENT, problem.kind());
      assertEquals(64, problem.offset());
      assertTrue(problem.reason().contains(reason), problem::toString);
    }
  }

  @Test
  void manySegmentsOverTheSameAddressesDoNotTakeForever() throws IOException {
    CoreBuilder builder = new CoreBuilder().extendedCount();
    int count = 100_000;
    for (int i = 0; i < count; i++) {
      builder.claim(PT_LOAD, 8L * i, 64, 64, 16L * count);
    }
    try (ElfCore core = ElfCore.open(builder.write(folder))) {
      assertEquals(1, core.memory().ranges().size());
      assertThrows(UnreadableMemoryException.class, () -> core.memory().readLong(16L * count));
    }
  }

  @Test
  void aSegmentOfAllAddressesIsReadWhereItHasBytes() throws IOException {
    Path file = new CoreBuilder().load(0, pattern(PAGE, 1), Long.MIN_VALUE).write(folder);
    try (ElfCore core = ElfCore.open(file)) {
      assertEquals(List.of(new AddressRange(0, Long.MAX_VALUE)), core.memory().ranges());
      assertThrows(UnreadableMemoryException.class, () -> core.memory().readLong(0x7ffffffffff8L));
    }
  }

  @Test
  void aFileThatIsNotThereIsAnInputOutputErrorWithItsPath() {
    Path missing = folder.resolve("missing");
    NoSuchFileException e =
        assertThrows(NoSuchFileException.class, () -> ElfCore.open(missing).close());
    assertEquals(missing.toString(), e.getFile());
  }

  @Test
  void aFolderIsAnInputOutputErrorWithItsPath() {
    IOException e = assertThrows(IOException.class, () -> ElfCore.open(folder).close());
    assertTrue(e.getMessage().contains(folder.toString()), e::getMessage);
  }

  @Test
  void limitsThatCannotBeMetAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new ElfLimits(-1, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new ElfLimits(Integer.MAX_VALUE, 0, 0));
  }

  @Test
  void anOffsetBehindTheEndIsRefused() throws IOException {
    Path file = Files.write(folder.resolve("short"), new byte[10]);
    MalformedInputException e =
        assertThrows(MalformedInputException.class, () -> ElfCore.open(file, 11).close());
    assertEquals(11, e.offset());
    assertThrows(IllegalArgumentException.class, () -> ElfCore.open(file, -1).close());
  }

  @Test
  void notesOutsideTheFileAreReported() throws IOException {
    Path file =
        new CoreBuilder().claim(PT_NOTE, 0, 1L << 40, 64, 0).load(0, pattern(8, 1)).write(folder);
    try (ElfCore core = ElfCore.open(file)) {
      assertEquals(DumpProblem.Kind.NOTE, core.problems().getFirst().kind());
      assertEquals(List.of(), core.notes());
    }
  }
}
