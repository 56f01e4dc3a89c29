// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.crashlane.arming.JournalRecord.State;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.fuzz.Fuzz;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Window;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Store;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JournalTest {
  private static final Target TARGET = new Target("/dev/shm/a \\ b\n.ram", "file\r\nwith\tsigns");
  private static final ArmingPlan PLAN =
      new ArmingPlan(
          TARGET,
          Window.ofCrashRanges(List.of(AddressRange.parse("0x10000000-0x1fffffff"))),
          List.of(),
          List.of(AddressRange.parse("0x1000-0x1fff"), AddressRange.parse("0x2000-0x2fff")),
          List.of(new Store(0x1000, 0, -1), new Store(0x8, 3, 0x1003)),
          List.of());

  @TempDir Path directory;
  private Path file = Path.of("");

  @BeforeEach
  void nameFile() {
    file = directory.resolve("test.journal");
  }

  private MalformedInputException malformed(byte[] bytes) throws IOException {
    Files.write(file, bytes);
    return assertThrows(MalformedInputException.class, () -> Journal.open(file));
  }

  @Test
  void windowsKeepTheirRights() throws IOException {
    Window doorbell = new Window(AddressRange.ofSize(0x800_0000, 0x1000), Permissions.WRITE_ONLY);
    List<Window> windows = List.of(PLAN.windows().getFirst(), doorbell);
    Journal.create(
        file,
        new ArmingPlan(
            TARGET, windows, PLAN.tables(), PLAN.newPages(), PLAN.stores(), PLAN.notes()));
    assertEquals(windows, Journal.open(file).content().windows());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0x1000-0x1ffe",
        "0x1000-0x1007",
        "0x1000-0x3fff",
        "0x1800-0x27ff",
        "0x20000-0x3ffff",
        "0x0-0x7fffffffffffffff",
        "0x0-0xffffffffffffffff"
      })
  void whatIsNoPageOfTablesIsRefusedAtItsLine(String page) throws IOException {
    String head = "crashlane-journal 1\ntarget a\nidentity b\n";
    MalformedInputException e =
        malformed((head + "page " + page + "\n").getBytes(StandardCharsets.UTF_8));
    assertEquals(head.length(), e.offset());
    assertTrue(e.reason().contains(page), e.reason());
  }

  @Test
  void pagesOfTwoSizesAreRefused() throws IOException {
    String head = "crashlane-journal 1\ntarget a\nidentity b\npage 0x10000-0x1ffff\n";
    MalformedInputException e =
        malformed((head + "page 0x1000-0x1fff\n").getBytes(StandardCharsets.UTF_8));
    assertEquals(head.length(), e.offset());
  }

  @Test
  void whatWasWrittenIsReadBack() throws IOException {
    Journal.create(file, PLAN);
    assertEquals(
        new JournalRecord(TARGET, PLAN.windows(), PLAN.newPages(), PLAN.stores(), State.PLANNED),
        Journal.open(file).content());
  }

  @Test
  void aDiskThatIsFullIsNamedByTheJournalAndNothingOfItStays() throws Exception {
    Path small = Files.createDirectory(directory.resolve("small"));
    assumeTrue(mount("-t", "tmpfs", "-o", "size=8k", "none", small), "mounting needs root");
    try {
      file = small.resolve("test.journal");
      Files.write(small.resolve("other"), new byte[8 << 10]);
      IOException e = assertThrows(IOException.class, () -> Journal.create(file, PLAN));
      assertTrue(
          e.getMessage().startsWith(file + ": the journal cannot be written: "), e::toString);
      try (Stream<Path> left = Files.list(small)) {
        assertEquals(List.of(small.resolve("other")), left.toList());
      }
    } finally {
      new ProcessBuilder("umount", small.toString()).inheritIO().start().waitFor();
    }
  }

  private static boolean mount(Object... arguments) throws Exception {
    List<String> command =
        Stream.concat(Stream.of("mount"), Arrays.stream(arguments).map(Object::toString)).toList();
    Process mount = new ProcessBuilder(command).redirectErrorStream(true).start();
    mount.getInputStream().readAllBytes();
    return mount.waitFor() == 0;
  }

  @Test
  void linesAreTextThatPeopleCanRead() throws IOException {
    Journal.create(file, PLAN).append(State.ARMED);
    List<String> lines = Files.readAllLines(file);
    assertEquals("crashlane-journal 1", lines.get(0));
    assertEquals("target /dev/shm/a \\\\ b\\n.ram", lines.get(1));
    assertEquals("crash 0x10000000-0x1fffffff", lines.get(3));
    assertEquals("store 0x8 0x3 0x1003", lines.get(7));
    assertTrue(lines.get(8).matches("end 2 0x[0-9a-f]{8}"), lines.get(8));
    assertTrue(lines.get(9).matches("state ARMED 0x[0-9a-f]{8}"), lines.get(9));
  }

  @Test
  void statesAreAppendedAndTheLastCounts() throws IOException {
    Journal journal = Journal.create(file, PLAN);
    journal.append(State.ARMED);
    assertEquals(State.ARMED, journal.content().state());
    Journal again = Journal.open(file);
    assertEquals(State.ARMED, again.content().state());
    again.append(State.DISARMED);
    assertEquals(State.DISARMED, Journal.open(file).content().state());
  }

  @Test
  void aStateThatWasCutOffDoesNotCountAndIsWrittenOver() throws IOException {
    Journal journal = Journal.create(file, PLAN);
    long plannedBytes = Files.size(file);
    journal.append(State.ARMED);
    byte[] whole = Files.readAllBytes(file);
    for (int length = (int) plannedBytes; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      Journal cut = Journal.open(file);
      assertEquals(State.PLANNED, cut.content().state());
      cut.append(State.DISARMED);
      assertEquals(State.DISARMED, Journal.open(file).content().state());
    }
  }

  @Test
  void aJournalCutOffAtAnyByteIsRefusedAtItsEnd() throws IOException {
    Journal.create(file, PLAN);
    byte[] whole = Files.readAllBytes(file);
    int header = "crashlane-journal 1\n".length();
    for (int length = 0; length < whole.length; length++) {
      MalformedInputException e = malformed(Arrays.copyOf(whole, length));
      assertEquals(file.toString(), e.source());
      assertEquals(length < header ? 0 : length, e.offset());
    }
  }

  @Test
  void anyFlippedBitIsRefused() throws IOException {
    Journal.create(file, PLAN).append(State.ARMED);
    byte[] whole = Files.readAllBytes(file);
    // The last byte ends the last line: without it the append counts as cut off.
    for (int at = 0; at < whole.length - 1; at++) {
      for (int bit = 0; bit < Byte.SIZE; bit++) {
        byte[] flipped = whole.clone();
        flipped[at] ^= (byte) (1 << bit);
        MalformedInputException e = malformed(flipped);
        assertTrue(e.offset() <= whole.length, "byte " + at + " bit " + bit);
      }
    }
  }

  @Test
  void bytesThatAreNoTextAreRefusedAtTheirLine() throws IOException {
    String head = "crashlane-journal 1\ntarget a\nidentity b\n";
    byte[] start = (head + "end 0 ").getBytes(StandardCharsets.UTF_8);
    byte[] bytes = Arrays.copyOf(start, start.length + 31);
    Arrays.fill(bytes, start.length, bytes.length - 1, (byte) 0xff);
    bytes[bytes.length - 1] = '\n';
    MalformedInputException e = malformed(bytes);
    assertEquals(head.length(), e.offset());
    assertTrue(e.reason().startsWith("checksum "), e.reason());
  }

  @Test
  void anyNumberOfStatesIsReadAndTheLastCounts() throws IOException {
    Journal.create(file, PLAN);
    CRC32C crc = new CRC32C();
    byte[] whole = Files.readAllBytes(file);
    crc.update(whole);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(whole);
    // Read in one go; with a checksum from the beginning for each this takes hours.
    for (int i = 0; i < 500_000; i++) {
      byte[] line = JournalFormat.encode(State.ARMED, crc);
      bytes.write(line);
      int told = JournalFormat.checksum(new CRC32C()).length() + 1;
      crc.update(line, line.length - told, told);
    }
    bytes.write(JournalFormat.encode(State.DISARMED, crc));
    Files.write(file, bytes.toByteArray());
    assertEquals(State.DISARMED, Journal.open(file).content().state());
  }

  @Test
  void fuzzedJournalsAreStood() throws IOException, InterruptedException {
    Journal.create(file, PLAN);
    byte[] planned = Files.readAllBytes(file);
    Journal.open(file).append(State.ARMED);
    List<byte[]> corpus = List.of(planned, Files.readAllBytes(file));
    long count =
        new Fuzz("journal", corpus, List.of(MalformedInputException.class))
            .run(bytes -> {
              byte[] sealed = sealed(bytes);
              new JournalParser("sealed", sealed).parse();
              new JournalParser("damaged", bytes).parse();
            });
    assertTrue(count > 0);
  }

  /** Ends the journal before its end line anew, so that no checksum tells of the damage. */
  private static byte[] sealed(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int end = text.lastIndexOf("\nend ");
    String body = end < 0 ? text : text.substring(0, end + 1);
    long stores = body.lines().filter(line -> line.startsWith("store ")).count();
    String words = body + "end " + stores + " ";
    CRC32C crc = new CRC32C();
    crc.update(words.getBytes(StandardCharsets.ISO_8859_1));
    return (words + JournalFormat.checksum(crc) + "\n").getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void whatIsNoJournalIsToldSo() throws IOException {
    MalformedInputException e = malformed("#!/bin/sh\necho no\n".getBytes(StandardCharsets.UTF_8));
    assertEquals("not a crashlane journal", e.reason());
    assertEquals(0, e.offset());
  }

  @Test
  void aLaterVersionIsNamed() throws IOException {
    MalformedInputException e = malformed("crashlane-journal 2\n".getBytes(StandardCharsets.UTF_8));
    assertEquals("a journal of version '2'; only version 1 is known here", e.reason());
  }

  @Test
  void aJournalThatIsNotThereIsNoMalformedOne() {
    assertThrows(NoSuchFileException.class, () -> Journal.open(file));
  }

  @Test
  void aNewJournalTakesThePlaceOfTheOld() throws IOException {
    Journal.create(file, PLAN).append(State.DISARMED);
    Journal.create(file, PLAN);
    assertEquals(State.PLANNED, Journal.open(file).content().state());
    try (var files = Files.list(directory)) {
      assertEquals(List.of(file), files.toList());
    }
  }

  @Test
  void differentTargetsHaveDifferentJournals() {
    Path one = Journal.fileFor(directory, new Target("/a/guest.ram", "inode 1"));
    Path two = Journal.fileFor(directory, new Target("/a/guest.ram", "inode 2"));
    assertFalse(one.equals(two));
    assertTrue(one.getFileName().toString().matches("guest\\.ram-[0-9a-f]{8}\\.journal"));
  }
}
