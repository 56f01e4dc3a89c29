// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Reason.Count;
import org.crashlane.fuzz.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged tables give a value or one clear error, and never more structures than bytes allow. */
@Tag("slow")
final class DmarHostileTest {
  private static final String SOURCE = "damaged";

  /** Reads, and checks what holds for every table. */
  private static Dmar read(byte[] table) {
    Dmar dmar = Dmar.read(SOURCE, table);
    long contentBytes = 0;
    for (DmarStructure structure : dmar.structures()) {
      assertTrue(structure.at().offset() < table.length);
      assertTrue(structure.at().lengthBytes() >= 4);
      contentBytes += 4 + 6L * structure.scopes().size();
    }
    assertTrue(contentBytes <= table.length, "more structures than bytes");
    return dmar;
  }

  /** Does all that can be done with a table: reads, prints, makes the override. */
  private static void readAll(byte[] table) {
    Dmar dmar = read(table);
    assertFalse(dmar.describe().isEmpty());
    DmarOverride.hiding(table);
  }

  private static void assertValueOrOneError(byte[] table, Consumer<byte[]> use) {
    try {
      use.accept(table);
    } catch (MalformedInputException e) {
      assertTrue(e.offset() <= table.length, e::getMessage);
      assertTrue(e.getMessage().contains(" at offset 0x"), e::getMessage);
    }
  }

  @ParameterizedTest
  @MethodSource("org.crashlane.acpi.Samples#names")
  void truncationAtEachByteIsAnErrorOrAProblem(String name) {
    byte[] whole = Samples.bytes(name);
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      try {
        Dmar dmar = Dmar.read(SOURCE, cut);
        assertTrue(length >= 48, "read from " + length + " bytes");
        assertEquals(
            Reason.of(Flaw.TRUNCATED, new Count(whole.length), new Count(length)),
            dmar.problems().getFirst().reason());
        readAll(cut);
      } catch (MalformedInputException e) {
        assertTrue(length < 48, e::getMessage);
        assertEquals(SOURCE, e.source());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("org.crashlane.acpi.Samples#names")
  void everyByteMayTakeEveryValue(String name) {
    byte[] table = Samples.bytes(name);
    for (int at = 0; at < table.length; at++) {
      byte right = table[at];
      for (int value = 0; value < 256; value++) {
        table[at] = (byte) value;
        assertValueOrOneError(table, DmarHostileTest::read);
      }
      table[at] = right;
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void randomBitFlipsAreStood(long seed) {
    Random random = new Random(seed);
    for (String name : Samples.names()) {
      byte[] whole = Samples.bytes(name);
      for (int round = 0; round < 1000; round++) {
        byte[] table = whole.clone();
        for (int flips = random.nextInt(1, 20); flips > 0; flips--) {
          table[random.nextInt(table.length)] ^= (byte) (1 << random.nextInt(8));
        }
        try {
          assertValueOrOneError(table, DmarHostileTest::readAll);
        } catch (RuntimeException | AssertionError e) {
          throw new AssertionError("%s, seed %d, round %d".formatted(name, seed, round), e);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"00000000", "2f000000", "ffffff7f", "00000080", "ffffffff"})
  void absurdTableLengthsAreProblems(String lengthField) {
    byte[] table = Samples.bytes("asus-z790");
    System.arraycopy(HexFormat.of().parseHex(lengthField), 0, table, 4, 4);
    Dmar dmar = Dmar.read(SOURCE, table);
    assertEquals(Checksum.UNVERIFIABLE, dmar.checksum());
    assertEquals(1, dmar.problems().size());
    assertEquals(1, dmar.units().size());
  }

  @Test
  void thousandsOfSmallestStructuresAreRead() {
    TableBuilder table = new TableBuilder();
    for (int i = 0; i < 20_000; i++) {
      table.add("ffff 0400");
    }
    Dmar dmar = table.read();
    assertEquals(20_000, dmar.structures().size());
    assertEquals(List.of(), dmar.problems());
  }

  @Test
  void fuzzedTablesAreStood() throws InterruptedException {
    List<byte[]> corpus = Samples.names().stream().map(Samples::bytes).toList();
    long count =
        new Fuzz("DMAR", corpus, List.of(MalformedInputException.class))
            .run(DmarHostileTest::readAll);
    assertTrue(count > 0);
  }
}
