// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.crashlane.acpi.IvrsBlock.Ivhd;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Reason.Count;
import org.crashlane.fuzz.Fuzz;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Damaged tables give a value or one clear error, and never more entries than bytes allow. */
@Tag("slow")
final class IvrsHostileTest {
  private static final String SOURCE = "damaged";
  private static final RequesterId DEVICE = RequesterId.of(3, 0);

  /** Does all that can be done with a table, and checks what holds for every one. */
  private static Ivrs use(byte[] table) {
    Ivrs ivrs = Ivrs.read(SOURCE, table);
    long contentBytes = 0;
    for (IvrsBlock block : ivrs.blocks()) {
      assertTrue(block.at().offset() < table.length);
      contentBytes += 4 + 4L * block.entries().size();
      if (block instanceof Ivhd ivhd) {
        assertTrue(ivhd.spans().size() <= ivhd.entries().size());
        assertTrue(ivhd.pageTableLevelsMax().orElse(4) >= 4);
      }
    }
    assertTrue(contentBytes <= table.length, "more entries than bytes");
    assertFalse(ivrs.describe().isEmpty());
    assertTrue(ivrs.unitOf(0, DEVICE).isEmpty() || !ivrs.units().isEmpty());
    assertTrue(ivrs.memoryOf(0, DEVICE).size() <= ivrs.memoryDefinitions().size());
    assertTrue(ivrs.specialDevices().isEmpty() || !ivrs.units().isEmpty());
    ivrs.aliasOf(0, DEVICE);
    return ivrs;
  }

  private static void useAll(byte[] table) {
    use(table);
    IvrsOverride.hiding(table);
  }

  @ParameterizedTest
  @MethodSource("org.crashlane.acpi.IvrsSamples#all")
  void truncationAtEachByteIsAnErrorOrAProblem(byte[] whole) {
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      try {
        Ivrs ivrs = use(cut);
        assertTrue(length >= 48, "read from " + length + " bytes");
        assertEquals(
            Reason.of(Flaw.TRUNCATED, new Count(whole.length), new Count(length)),
            ivrs.problems().getFirst().reason());
      } catch (MalformedInputException e) {
        assertTrue(length < 48, e::getMessage);
        assertEquals(SOURCE, e.source());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("org.crashlane.acpi.IvrsSamples#all")
  void everyByteMayTakeEveryValue(byte[] table) {
    for (int at = 0; at < table.length; at++) {
      byte right = table[at];
      for (int value = 0; value < 256; value++) {
        table[at] = (byte) value;
        try {
          use(table);
          assertTrue(at >= 4 || table[at] == right, "read with another signature");
        } catch (MalformedInputException e) {
          assertTrue(at < 4, e::getMessage);
          assertEquals(0, e.offset());
        }
      }
      table[at] = right;
    }
  }

  @Test
  void thousandsOfSmallestBlocksAndEntriesAreRead() {
    TableBuilder table = TableBuilder.ivrs();
    for (int i = 0; i < 20_000; i++) {
      table.add("ff00 0400");
    }
    table.add("10 00 ccff 0200 4000 0000b8fe 00000000 0000 0000 00000000");
    for (int i = 0; i < (0xffcc - 24) / 4; i++) {
      table.add("02 0800 00");
    }
    Ivrs ivrs = use(table.build());
    assertEquals(List.of(), ivrs.problems());
    assertEquals(20_001, ivrs.blocks().size());
    assertEquals(16_365, ivrs.blocks().getLast().entries().size());
  }

  @Test
  void fuzzedTablesAreStood() throws InterruptedException {
    long count =
        new Fuzz("IVRS", IvrsSamples.all(), List.of(MalformedInputException.class))
            .run(IvrsHostileTest::useAll);
    assertTrue(count > 0);
  }
}
