// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.fuzz.Fuzz;
import org.crashlane.iommu.Access;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProbeFileTest {
  private static final String MACHINE =
      "{\"oracle\": \"a machine\", \"opts\": \"aw-bits=48\", \"ver\": 16, "
          + "\"cap\": \"0xd2008c222f0606\", \"ecap\": \"0xf00f4a\", \"ram_bytes\": 67108864, "
          + "\"sid\": 32, \"root\": \"0x100000\", \"seed\": 11}\n";
  private static final String READ =
      "{\"id\": 0, \"mem\": {\"0x100000\": \"0000000000101001\"}, \"iova\": \"0x8\", "
          + "\"op\": \"R\", \"data\": \"0000000000000000\", \"gpa\": null, \"fault\": "
          + "{\"addr\": \"0x0\", \"sid\": 32, \"reason\": 2, \"type\": \"R\"}}\n";
  private static final String WRITE =
      "{\"id\": 1, \"mem\": {}, \"iova\": \"0x10\", \"op\": \"W\", \"gpa\": \"0x1000010\", "
          + "\"fault\": null}\n";
  private static final String AMDVI =
      "{\"oracle\": \"a machine\", \"opts\": \"\", \"ext\": \"0x29d3\", \"ram_bytes\": 67108864, "
          + "\"sid\": 128, \"root\": \"0x106001\", \"seed\": 11}\n";

  /** With the device table by itself. */
  private static final String AMDVI_APART =
      "{\"oracle\": \"a machine\", \"devtab\": \"0x200000\", \"devtab_size_field\": 511, "
          + "\"sid\": 32, \"ext\": \"0x29d3\", \"ram_bytes\": 67108864, \"seed\": 11}\n";

  private static final String AMDVI_WRITE =
      "{\"id\": 1, \"mem\": {\"0x200400\": \"3\", \"0x10fff8\": \"4\"}, \"iova\": \"0x10\", "
          + "\"op\": \"W\", \"gpa\": null, \"events\": []}\n";
  private static final RequesterId DEVICE = RequesterId.of(0, 4, 0);

  @TempDir private Path folder;

  @Test
  void fuzzedFilesAreStood() throws IOException, InterruptedException {
    byte[] text = (MACHINE + READ + WRITE).getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(text);
    }
    Path file = folder.resolve("fuzzed");
    byte[] apart = (AMDVI_APART + AMDVI_WRITE).getBytes(StandardCharsets.UTF_8);
    List<byte[]> corpus = List.of(text, packed.toByteArray(), apart);
    long count =
        new Fuzz("probe file", corpus, List.of(MalformedInputException.class))
            .run(bytes -> {
              Files.write(file, bytes);
              Replay.of(file, ReplayLimits.standard());
            });
    assertTrue(count > 0);
  }

  @Test
  void machineAndProbesAreRead() throws IOException {
    try (ProbeFile file = open(MACHINE + READ + WRITE)) {
      assertEquals(
          new UnitRegisters.Vtd(16, 0xd2008c222f0606L, 0xf00f4a), file.machine().registers());
      assertEquals(DEVICE, file.machine().requester());
      assertEquals(
          List.of(
              new Probe(
                  new ProbeCase(0, 0x100000, List.of(new TableWord(0x100000, 0x101001)), 8),
                  Access.READ,
                  new Observation.Faulted(2, 0, DEVICE, Access.READ)),
              new Probe(
                  new ProbeCase(1, 0x100000, List.of(), 0x10),
                  Access.WRITE,
                  new Observation.Landed(0x1000010))),
          rest(file));
    }
  }

  @Test
  void machineWithDeviceTableApartHasTablesThereToo() throws IOException {
    try (ProbeFile file = open(AMDVI_APART + AMDVI_WRITE)) {
      assertEquals(new UnitRegisters.Amdvi(0x29d3), file.machine().registers());
      assertEquals(0x2001ff, file.machine().root());
      List<TableWord> words = List.of(new TableWord(0x200400, 3), new TableWord(0x10fff8, 4));
      assertEquals(
          List.of(
              new Probe(
                  new ProbeCase(1, 0x2001ff, words, 0x10),
                  Access.WRITE,
                  new Observation.Nothing(0))),
          rest(file));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"devtab\": \"0x200000\" | \"devtab\": \"0x108000\" | at page tables",
        "\"devtab\": \"0x200000\" | \"devtab\": \"0x4000000\" | too small",
        "\"devtab_size_field\": 511 | \"devtab_size_field\": 512 | does not fit",
        "\"devtab_size_field\"      | \"size\"                    | is missing",
        "\"ext\": \"0x29d3\"      | \"ecap\": \"0x29d3\"      | another IOMMU",
      })
  void flawInAMachineIsNamed(String sound, String flawed, String reason) {
    assertTrue(AMDVI_APART.contains(sound), sound);
    String content = AMDVI_APART.replace(sound, flawed);
    MalformedInputException e =
        assertThrows(MalformedInputException.class, () -> open(content).close());
    assertTrue(e.getMessage().contains(reason), e::getMessage);
  }

  @Test
  void packedFileReadsAsTheSame() throws IOException {
    try (ProbeFile plain = open(MACHINE + READ + WRITE);
        ProbeFile packed = ProbeFile.open(packed(MACHINE + READ + WRITE), limits())) {
      assertEquals(plain.machine(), packed.machine());
      assertEquals(rest(plain), rest(packed));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {MACHINE, AMDVI})
  void whatTheRecorderWritesIsReadBack(String first) throws IOException {
    ProbeMachine machine = open(first).machine();
    List<Probe> probes =
        new ArrayList<>(
            List.of(
                probe(0x100000, Access.READ, new Observation.Landed(0x1234560)),
                probe(0x7f00000000L, Access.READ, new Observation.Nothing(-1L)),
                probe(0x100000, Access.WRITE, new Observation.Nothing(0))));
    if (machine.registers().showFaults()) {
      Observation fault = new Observation.Faulted(5, 0, DEVICE, Access.WRITE);
      probes.add(probe(0x100400, Access.WRITE, fault));
    }
    Path file = folder.resolve("recorded");
    try (ProbeRecorder recorder = ProbeRecorder.create(file, machine)) {
      for (Probe probe : probes) {
        recorder.add(probe);
      }
    }
    try (ProbeFile read = ProbeFile.open(file, limits())) {
      assertEquals(machine, read.machine());
      assertEquals(probes, rest(read));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"iova\": \"0x8\"        | \"iova\": \"0x9\"       | no multiple of 8",
        "\"iova\": \"0x8\"        | \"iova\": \"banana\"    | banana",
        "\"iova\": \"0x8\"        | \"iova\": 8             | no text",
        "\"op\": \"R\"            | \"op\": \"X\"           | neither R nor W",
        "\"id\": 0,               | \"id\": -1,             | no number",
        "\"id\": 0,               | \"id\": 4294967296,     | too large",
        "\"id\": 0,               | \"id\": 0, \"id\": 0,   | Duplicate",
        "\"id\": 0,               | \"no\": 0,               | is missing",
        "\"gpa\": null            | \"gpa\": \"0x8\"        | both",
        "\"0x100000\":            | \"0xff000\":            | outside",
        "\"0x100000\":            | \"0x100004\":           | 0x100004",
        "\"sid\": 32              | \"sid\": 65536          | 16 bits",
        "\"mem\": {               | \"mem\": 1, \"m\": {    | no object",
      })
  void flawInAProbeIsNamedWithItsPlace(String sound, String flawed, String reason)
      throws IOException {
    assertTrue(READ.contains(sound), sound);
    try (ProbeFile file = open(MACHINE + WRITE + READ.replace(sound, flawed))) {
      assertTrue(file.next().isPresent());
      MalformedInputException e = assertThrows(MalformedInputException.class, file::next);
      assertEquals((MACHINE + WRITE).length(), e.offset());
      assertTrue(e.getMessage().contains(reason), e::getMessage);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "no JSON at all\n", "[1, 2]\n", "{}\n", "{\"oracle\": 1}\n"})
  void fileOfSomethingElseIsRefused(String content) {
    assertThrows(MalformedInputException.class, () -> open(content).close());
  }

  @Test
  void fileOfAnotherVendorIsRefused() {
    String other = "{\"oracle\": \"arm-smmu\", \"sid\": 32}\n";
    assertThrows(MalformedInputException.class, () -> open(other).close());
  }

  @Test
  void fileThatIsNotThereIsNoMalformedOne() {
    Path missing = folder.resolve("missing");
    assertThrows(NoSuchFileException.class, () -> ProbeFile.open(missing, limits()));
  }

  @Test
  void lineBeyondTheBoundIsRefused() throws IOException {
    ReplayLimits narrow = new ReplayLimits(MACHINE.length(), 1 << 20, 0);
    String longer = MACHINE + " ".repeat(MACHINE.length() + 1) + "\n";
    try (ProbeFile file = ProbeFile.open(plain(longer), narrow)) {
      MalformedInputException e = assertThrows(MalformedInputException.class, file::next);
      assertTrue(e.getMessage().contains("line of more than"), e::getMessage);
    }
  }

  @Test
  void smallFileThatUnpacksBeyondTheBoundIsRefused() throws IOException {
    ReplayLimits narrow = new ReplayLimits(1 << 16, 1 << 20, 0);
    Path bomb = packed(MACHINE + WRITE.repeat(100_000));
    assertTrue(Files.size(bomb) < 1 << 16);
    MalformedInputException e =
        assertThrows(MalformedInputException.class, () -> Replay.of(bomb, narrow));
    assertTrue(e.getMessage().contains("unpacked"), e::getMessage);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void fileCutAnywhereIsReadOrRefused(boolean packed) throws IOException {
    Path whole = packed ? packed(MACHINE + READ + WRITE) : plain(MACHINE + READ + WRITE);
    byte[] bytes = Files.readAllBytes(whole);
    for (int length = 0; length < bytes.length; length++) {
      assertReadOrRefused(Arrays.copyOf(bytes, length), "cut at " + length);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void fileWithFlippedBitsIsReadOrRefused(boolean packed) throws IOException {
    Path whole = packed ? packed(MACHINE + READ + WRITE) : plain(MACHINE + READ + WRITE);
    byte[] bytes = Files.readAllBytes(whole);
    for (long seed = 0; seed < 1000; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      byte[] flipped = bytes.clone();
      for (int i = 0; i <= random.nextInt(3); i++) {
        flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
      }
      assertReadOrRefused(flipped, "seed " + seed);
    }
  }

  private void assertReadOrRefused(byte[] bytes, String which) throws IOException {
    Path file = Files.write(folder.resolve("hostile"), bytes);
    try {
      Replay.of(file, limits());
    } catch (MalformedInputException e) {
      assertEquals(file.toString(), e.source(), which);
    } catch (RuntimeException e) {
      throw new AssertionError(which, e);
    }
  }

  private static Probe probe(long root, Access access, Observation observed) {
    List<TableWord> words = List.of(new TableWord(0x100000, 1), new TableWord(0x107ff8, -1L));
    return new Probe(new ProbeCase(7, root, words, 0xfffffffffffffff8L), access, observed);
  }

  private ProbeFile open(String content) throws IOException {
    return ProbeFile.open(plain(content), limits());
  }

  private Path plain(String content) throws IOException {
    return Files.writeString(Files.createTempFile(folder, "probes", ".jsonl"), content);
  }

  private Path packed(String content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(content.getBytes(StandardCharsets.UTF_8));
    }
    return Files.write(Files.createTempFile(folder, "probes", ".gz"), bytes.toByteArray());
  }

  private static ReplayLimits limits() {
    return ReplayLimits.standard();
  }

  private static List<Probe> rest(ProbeFile file) throws IOException {
    List<Probe> probes = new ArrayList<>();
    for (Optional<Probe> next = file.next(); next.isPresent(); next = file.next()) {
      probes.add(next.get());
    }
    return probes;
  }
}
