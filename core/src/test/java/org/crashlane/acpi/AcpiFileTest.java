// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.fuzz.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables are found in whatever form reports carry them. */
final class AcpiFileTest {
  private static final byte[] DMAR = Samples.bytes("dell-latitude-7480");
  private static final byte[] IVRS = IvrsSamples.laptop();

  private static AcpiFile read(String text) {
    return AcpiFile.read("report.txt", text.getBytes(ISO_8859_1));
  }

  private static String errorOf(String text) {
    return assertThrows(MalformedInputException.class, () -> read(text)).getMessage();
  }

  /** How tools print a line: offset, bytes in groups, and the same as characters. */
  enum Style {
    ACPIDUMP("    %04X: ", 1, "  %s"),
    IASL("    %04X: ", 1, " // %s"),
    XXD("%08x: ", 2, " %s"),
    HEXDUMP_C("%08x  ", 1, " |%s|"),
    BARE("", 1, "");

    private final String offset;
    private final int groupBytes;
    private final String characters;

    Style(String offset, int groupBytes, String characters) {
      this.offset = offset;
      this.groupBytes = groupBytes;
      this.characters = characters;
    }

    String print(byte[] table) {
      StringBuilder text = new StringBuilder();
      for (int at = 0; at < table.length; at += 16) {
        byte[] line = Arrays.copyOfRange(table, at, Math.min(at + 16, table.length));
        StringBuilder hex = new StringBuilder();
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < line.length; i++) {
          boolean middle = this == HEXDUMP_C && i == 8;
          hex.append(i > 0 && i % groupBytes == 0 ? " " : "").append(middle ? " " : "");
          hex.append("%02x".formatted(line[i]));
          shown.append(line[i] >= ' ' && line[i] <= '~' ? (char) line[i] : '.');
        }
        int width = 32 + 16 / groupBytes;
        String padded = this == BARE ? hex.toString() : ("%-" + width + "s").formatted(hex);
        text.append(offset.isEmpty() ? "" : offset.formatted(at))
            .append(padded)
            .append(characters.isEmpty() ? "" : characters.formatted(shown))
            .append('\n');
      }
      return text.toString();
    }
  }

  private static void assertFound(byte[] table, AcpiFile.Found found) {
    assertEquals(AcpiTable.read("x", table).describe(), found.table().describe());
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void linesOfEveryToolGiveTheTable(Style style) {
    for (String name : Samples.names()) {
      AcpiFile file = read("some words\n\n" + style.print(Samples.bytes(name)));
      assertEquals(1, file.tables().size());
      assertFound(Samples.bytes(name), file.tables().getFirst());
      assertEquals("report.txt:3", file.tables().getFirst().source());
    }
    assertFound(IVRS, read(style.print(IVRS)).tables().getFirst());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "> ",
        ">",
        ">> ",
        "> > | ",
        "\t",
        "[    0.004321] ",
        "<6>[12345.678901] ",
        "Nov 30 04:00:01 host kernel: ",
        "2026-11-30T04:00:01+0000 host kernel: [    0.004321] ",
        "> [    0.004321] "
      })
  void linesMayBeQuotedOrFromTheKernelsLog(String front) {
    String text = "DMAR @ 0x0\n" + Style.ACPIDUMP.print(DMAR) + "\n" + Style.HEXDUMP_C.print(IVRS);
    AcpiFile file = read(text.lines().map(line -> front + line + "\n").collect(joining()));
    assertEquals(2, file.tables().size());
    assertFound(DMAR, file.tables().getFirst());
    assertFound(IVRS, file.tables().getLast());
  }

  @Test
  void binaryIsReadAsItStands() {
    AcpiFile file = AcpiFile.read("DMAR", DMAR);
    assertFound(DMAR, file.tables().getFirst());
    assertEquals("DMAR", file.tables().getFirst().source());
  }

  @ParameterizedTest
  @ValueSource(strings = {"%s @ 0x00000000BFEE0000\n", "%s @\n", "%s\n", "%s:\n", "%s @ 0x0\r\n"})
  void allTablesOfAMachineAreFoundAndTheOthersAreCounted(String heading) {
    byte[] facp = new TableBuilder().signature("FACP").build();
    byte[] ssdt = new TableBuilder().signature("SSDT").build();
    String text =
        heading.formatted("FACP")
            + Style.ACPIDUMP.print(facp)
            + "\n"
            + heading.formatted("DMAR")
            + Style.ACPIDUMP.print(DMAR)
            + "\n"
            + heading.formatted("SSDT")
            + Style.ACPIDUMP.print(ssdt)
            + heading.formatted("SSDT")
            + Style.ACPIDUMP.print(ssdt)
            + heading.formatted("IVRS")
            + Style.ACPIDUMP.print(IVRS);
    AcpiFile file = read(heading.endsWith("\r\n") ? text.replace("\n", "\r\n") : text);
    assertEquals(2, file.tables().size());
    assertFound(DMAR, file.tables().getFirst());
    assertFound(IVRS, file.tables().getLast());
    assertEquals(Map.of("FACP", 1, "SSDT", 2), file.passedOver());
  }

  @Test
  void textThatEndsInATableGivesATruncatedTable() {
    String text = "DMAR @ 0x0\n" + Style.ACPIDUMP.print(DMAR);
    AcpiFile file = read(text.substring(0, text.length() - 100));
    assertEquals(
        Flaw.TRUNCATED, file.tables().getFirst().table().problems().getFirst().reason().term());
  }

  @Test
  void missingLinesAreAnErrorWithTheirPlace() {
    List<String> lines = new ArrayList<>(Style.ACPIDUMP.print(DMAR).lines().toList());
    lines.remove(2);
    assertEquals(
        "report.txt:3: at offset 0x20: the line is of offset 0x30, expected 0x20: lines are"
            + " missing",
        errorOf(String.join("\n", lines)));
  }

  @Test
  void repeatedLinesAreFilledIn() {
    byte[] table = new TableBuilder().add("0700 5400" + "00".repeat(80)).build();
    List<String> lines = new ArrayList<>(Style.HEXDUMP_C.print(table).lines().toList());
    lines.set(5, "*");
    lines.remove(6);
    assertFound(table, read(String.join("\n", lines)).tables().getFirst());
    assertFound(table, read("> " + String.join("\n> ", lines)).tables().getFirst());
  }

  @Test
  void wordsOfHexdumpAreTurnedRound() {
    String text =
        """
        0000000 4d44 5241 0030 0000 d001 4f45 494d 2044
        0000010 454f 544d 4241 454c 0001 0000 5243 4145
        0000020 0007 0000 0026 0000 0000 0000 0000 0000
        0000030
        """;
    Dmar dmar = (Dmar) read(text).tables().getFirst().table();
    assertEquals(39, dmar.hostAddressWidthBits());
  }

  @Test
  void onlyFieldsOfIaslAreAnErrorThatSaysWhatIsMissing() {
    assertTrue(
        errorOf("[000h 0000   4]    Signature : \"DMAR\"    [DMA Remapping table]\n")
            .contains("Raw Table Data"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"no table here\n", "\n", "12\n", "0000: zz\n", "*\n*\n"})
  void textWithoutATableIsAnErrorThatSaysWhatIsExpected(String text) {
    assertTrue(errorOf(text).contains("expected lines as acpidump"), errorOf(text));
  }

  @Test
  void textOfOtherTablesAloneNamesThem() {
    byte[] facp = new TableBuilder().signature("FACP").build();
    assertEquals(
        "report.txt: at offset 0x0: the text contains no table of DMAR, IVRS, APIC, IORT, only"
            + " FACP",
        errorOf(Style.ACPIDUMP.print(facp)));
  }

  @Test
  void emptyFileIsAnError() {
    assertThrows(MalformedInputException.class, () -> AcpiFile.read("empty", new byte[0]));
  }

  @Test
  void bytesThatIaslPrintsAreReadBack(@TempDir Path folder)
      throws IOException, InterruptedException {
    Path table = Files.write(folder.resolve("dmar"), DMAR);
    Iasl.require(folder).disassemble(table);
    Path text = folder.resolve("table0.dsl");
    AcpiFile file = AcpiFile.read("dsl", Files.readAllBytes(text));
    assertFound(DMAR, file.tables().getFirst());
  }

  @Test
  @Tag("slow")
  void longLinesAreStood() {
    assertTrue(errorOf("0".repeat(1 << 20) + " x").contains("contains no"));
    assertTrue(errorOf("0000: " + "00 ".repeat(1 << 20) + "x").contains("contains no"));
    assertTrue(errorOf("41".repeat(1 << 20)).contains("contains no table"));
  }

  @Test
  @Tag("slow")
  void fuzzedTextIsStood() throws InterruptedException {
    List<byte[]> corpus = new ArrayList<>();
    for (Style style : Style.values()) {
      corpus.add(("DMAR @ 0x0\n" + style.print(DMAR)).getBytes(ISO_8859_1));
      corpus.add(style.print(IVRS).getBytes(ISO_8859_1));
    }
    long count =
        new Fuzz("AcpiFile", corpus, List.of(MalformedInputException.class))
            .run(text ->
                AcpiFile.read("fuzzed", text).tables().forEach(found -> found.table().describe()));
    assertTrue(count > 0);
  }
}
