// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.IommuMemory;
import org.crashlane.rehearsal.IommuMemory.Changed;
import org.crashlane.rehearsal.IommuMemory.Part;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Sighting.OtherRelease;
import org.crashlane.rule.Sighting.PagesCompared;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DumpJudgeTest {
  private static final long SEED = 7;
  private static final String RELEASE = "6.1.0-lab";
  private static final int PAGES = DumpJudge.NEEDED_PAGE_COUNT + 10;
  private static final long TEXT = 0x100_0000;
  private static final int CONTENT_OFFSET = 4096;

  @TempDir private Path directory;
  private byte[] memory;
  private PanicSample sample;

  @BeforeEach
  void fillMemory() {
    memory = new byte[PAGES * PanicSample.PAGE_BYTES];
    new Random(SEED).nextBytes(memory);
    SparseMemory guest = SparseMemory.ofSize(TEXT + memory.length);
    ByteBuffer words = ByteBuffer.wrap(memory).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < memory.length; at += Long.BYTES) {
      guest.writeLong(TEXT + at, words.getLong(at));
    }
    List<Long> addresses = new ArrayList<>();
    for (int page = 0; page < PAGES; page++) {
      addresses.add(TEXT + (long) page * PanicSample.PAGE_BYTES);
    }
    sample = PanicSample.of(guest, addresses);
  }

  @Test
  void dumpOfThePanicsMemoryIsWritten() throws IOException {
    DumpOutcome.Written written = assertInstanceOf(DumpOutcome.Written.class, judge(core(RELEASE)));
    assertEquals(PAGES, written.comparedPageCount());
    assertEquals(RELEASE, written.release());
    assertEquals(memory.length, written.sizeBytes());
  }

  @Test
  void zerosBehindTheDumpDoNotMatter() throws IOException {
    byte[] core = core(RELEASE);
    assertTrue(judge(Arrays.copyOf(core, core.length + 65536)).gotThrough());
  }

  @Test
  void untouchedDiskIsMissing() throws IOException {
    assertInstanceOf(DumpOutcome.Missing.class, judge(new byte[1 << 16]));
  }

  @Test
  void emptyDiskIsMissing() throws IOException {
    assertInstanceOf(DumpOutcome.Missing.class, judge(new byte[0]));
  }

  @Test
  void anotherKernelsDumpIsDamaged() throws IOException {
    assertEquals(new OtherRelease("5.10.0", RELEASE), damage(core("5.10.0")));
  }

  @Test
  void oneOtherByteIsSeen() throws IOException {
    byte[] core = core(RELEASE);
    core[core.length - 1] ^= 1;
    assertEquals(1, ((PagesCompared) damage(core)).differentCount());
  }

  @Test
  void tooFewPagesAreNotEnough() throws IOException {
    PanicSample small =
        PanicSample.of(SparseMemory.ofSize(TEXT + memory.length), List.of(TEXT + 0L));
    Path disk = Files.write(directory.resolve("disk"), core(RELEASE));
    assertInstanceOf(
        DumpOutcome.Damaged.class,
        DumpJudge.judge(disk, RELEASE, small, Strategy.ADOPT, List.of(), List.of()));
  }

  @Test
  void dumpThatStopsHalfWayIsDamaged() throws IOException {
    byte[] core = core(RELEASE);
    Arrays.fill(core, core.length / 2, core.length, (byte) 0);
    assertTrue(((PagesCompared) damage(core)).differentCount() > 0);
  }

  @Test
  void pagesOfTheIommusOwnThatDifferAreNamedAndTheRestIsWhole() throws IOException {
    byte[] core = changedAt(0, 1, 3);
    DumpOutcome.WrittenBut but =
        assertInstanceOf(DumpOutcome.WrittenBut.class, judge(core, ownPages(0, 4)));
    assertEquals(List.of(new Changed(Part.DEVICE_TABLE, 3)), but.changed());
    assertEquals(PAGES - 3, but.written().comparedPageCount());
    assertTrue(but.gotThrough());
  }

  @Test
  void aPageBesidesThoseDamagesTheDump() throws IOException {
    assertInstanceOf(DumpOutcome.Damaged.class, judge(changedAt(0, 4), ownPages(0, 4)));
    assertInstanceOf(DumpOutcome.Damaged.class, judge(changedAt(0), List.of()));
  }

  @Test
  void allPagesOfTheIommusOwnAreCountedHoweverManyChanged() throws IOException {
    byte[] core = changedAt(0, 1, 2, 3, 4, 5, 6, 7, 8);
    DumpOutcome.WrittenBut but =
        assertInstanceOf(DumpOutcome.WrittenBut.class, judge(core, ownPages(0, 9)));
    assertEquals(List.of(new Changed(Part.DEVICE_TABLE, 9)), but.changed());
    assertInstanceOf(DumpOutcome.Damaged.class, judge(core, ownPages(0, 8)));
  }

  @Test
  void aPageThatIsTheIommusOnlyInPartDamagesTheDump() throws IOException {
    AddressRange half = AddressRange.ofSize(TEXT, PanicSample.PAGE_BYTES / 2);
    AddressRange across =
        AddressRange.ofSize(TEXT + PanicSample.PAGE_BYTES / 2, PanicSample.PAGE_BYTES);
    for (AddressRange range : List.of(half, across)) {
      List<IommuMemory> own = List.of(new IommuMemory(Part.EVENT_LOG, range));
      assertInstanceOf(DumpOutcome.Damaged.class, judge(changedAt(0), own), range::toString);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatOnlyAKernelWritesMayChangeWhereOneGoesOnWithIt(Strategy strategy) throws IOException {
    AddressRange page = AddressRange.ofSize(TEXT, PanicSample.PAGE_BYTES);
    for (Part part : Part.values()) {
      DumpOutcome outcome = judge(changedAt(0), strategy, List.of(new IommuMemory(part, page)));
      boolean mayChange =
          strategy == Strategy.ADOPT || part == Part.EVENT_LOG || part == Part.COMPLETION_STORE;
      assertEquals(mayChange, outcome.gotThrough(), part::toString);
    }
  }

  private byte[] changedAt(int... pages) {
    byte[] core = core(RELEASE);
    for (int page : pages) {
      core[CONTENT_OFFSET + page * PanicSample.PAGE_BYTES] ^= 1;
    }
    return core;
  }

  private static List<IommuMemory> ownPages(int first, int count) {
    long at = TEXT + (long) first * PanicSample.PAGE_BYTES;
    AddressRange range = AddressRange.ofSize(at, (long) count * PanicSample.PAGE_BYTES);
    return List.of(new IommuMemory(Part.DEVICE_TABLE, range));
  }

  @Test
  void truncatedFilesAreAnOutcome() throws IOException {
    byte[] core = core(RELEASE);
    // All of the headers and the note; behind them is filling up to the content.
    for (int length = 0; length < 2 * HEADERS_BYTES; length++) {
      assertTrue(!judge(Arrays.copyOf(core, length)).gotThrough(), "length " + length);
    }
  }

  @Test
  void flippedHeadersAreAnOutcome() throws IOException {
    SplittableRandom random = new SplittableRandom(SEED);
    byte[] core = core(RELEASE);
    Path disk = Files.write(directory.resolve("disk"), core);
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      for (int round = 0; round < 300; round++) {
        int bit = random.nextInt(HEADERS_BYTES * Byte.SIZE);
        int at = bit / Byte.SIZE;
        put(file, at, core[at] ^ 1 << bit % Byte.SIZE);
        switch (DumpJudge.judge(disk, RELEASE, sample, Strategy.ADOPT, List.of(), List.of())) {
          case DumpOutcome.Written written -> assertEquals(PAGES, written.comparedPageCount());
          case DumpOutcome.WrittenBut but -> fail("of no page's own: " + but);
          case DumpOutcome.Missing missing -> assertFalse(missing.reasons().isEmpty());
          case DumpOutcome.Damaged damaged -> assertFalse(damaged.reasons().isEmpty());
          case DumpOutcome.NoRoom noRoom -> fail("no disk says so: " + noRoom);
          case DumpOutcome.Unread unread -> fail("the judge reads it: " + unread);
        }
        put(file, at, core[at]);
      }
    }
  }

  private static void put(RandomAccessFile file, int at, int value) throws IOException {
    file.seek(at);
    file.write(value);
  }

  private Evidence damage(byte[] disk) throws IOException {
    DumpOutcome.Damaged damaged = assertInstanceOf(DumpOutcome.Damaged.class, judge(disk));
    assertEquals(1, damaged.reasons().size());
    return damaged.reasons().getFirst();
  }

  private DumpOutcome judge(byte[] disk) throws IOException {
    return judge(disk, List.of());
  }

  private DumpOutcome judge(byte[] disk, List<IommuMemory> own) throws IOException {
    return judge(disk, Strategy.ADOPT, own);
  }

  private DumpOutcome judge(byte[] disk, Strategy strategy, List<IommuMemory> own)
      throws IOException {
    Path file = Files.write(directory.resolve("disk"), disk);
    return DumpJudge.judge(file, RELEASE, sample, strategy, own, List.of());
  }

  private static final int ELF_HEADER_BYTES = 64;
  private static final int PROGRAM_HEADER_BYTES = 56;
  private static final int HEADERS_BYTES = ELF_HEADER_BYTES + 2 * PROGRAM_HEADER_BYTES;

  /** {@return a core with a VMCOREINFO note and one segment, written from the ELF manual} */
  private byte[] core(String release) {
    byte[] text = ("OSRELEASE=" + release + "\n").getBytes(StandardCharsets.US_ASCII);
    int noteBytes = 12 + 12 + (text.length + 3) / 4 * 4;
    ByteBuffer core =
        ByteBuffer.allocate(CONTENT_OFFSET + memory.length).order(ByteOrder.LITTLE_ENDIAN);
    core.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
    core.putShort((short) 4).putShort((short) 62).putInt(1);
    core.putLong(0).putLong(ELF_HEADER_BYTES).putLong(0).putInt(0);
    core.putShort((short) ELF_HEADER_BYTES).putShort((short) PROGRAM_HEADER_BYTES);
    core.putShort((short) 2).putShort((short) 0).putShort((short) 0).putShort((short) 0);
    programHeader(core, 4, HEADERS_BYTES, 0, noteBytes);
    programHeader(core, 1, CONTENT_OFFSET, TEXT, memory.length);
    core.putInt(11).putInt(text.length).putInt(0);
    core.put("VMCOREINFO\0\0".getBytes(StandardCharsets.US_ASCII)).put(text);
    core.position(CONTENT_OFFSET).put(memory);
    return core.array();
  }

  private static void programHeader(
      ByteBuffer core, int type, long offset, long physical, long sizeBytes) {
    core.putInt(type).putInt(7).putLong(offset).putLong(0).putLong(physical);
    core.putLong(sizeBytes).putLong(sizeBytes).putLong(0);
  }
}
