// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.crashlane.bits.Alignment;
import org.crashlane.iommu.PageArena;
import org.crashlane.memory.UnreadableMemoryException;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CasesTest {
  private static final int COUNT = 5000;
  private static final long CAP_OF_48_BITS = 0xd2008c222f0606L;

  static Stream<Function<ProbeMachine, CaseSource>> sources() {
    return Stream.of(LegacyCases::new, ScalableCases::new, AmdviCases::new);
  }

  @ParameterizedTest
  @MethodSource("sources")
  void oneSeedMakesTheSameCasesAgain(Function<ProbeMachine, CaseSource> source) {
    assertEquals(cases(source, 7), cases(source, 7));
    assertNotEquals(cases(source, 7), cases(source, 8));
  }

  @ParameterizedTest
  @MethodSource("sources")
  void casesOfABatchUseDifferentWordsOfTheirPages(Function<ProbeMachine, CaseSource> source) {
    List<ProbeCase> cases = cases(source, 7);
    for (int first = 0; first + IommuMachine.BATCH_CASES <= COUNT; first++) {
      List<ProbeCase> batch = cases.subList(first, first + IommuMachine.BATCH_CASES);
      long offsets =
          batch.stream()
              .mapToLong(c -> c.iova() - Alignment.down(c.iova(), PageArena.PAGE_BYTES))
              .distinct()
              .count();
      assertEquals(batch.size(), offsets);
    }
  }

  @ParameterizedTest
  @MethodSource("sources")
  void wordsLieInTheArenaAndAddressesAreWords(Function<ProbeMachine, CaseSource> source) {
    for (ProbeCase tables : cases(source, 7)) {
      assertTrue(Alignment.isAligned(tables.iova(), Long.BYTES), tables::toString);
      assertTrue(
          tables.words().stream().allMatch(w -> ProbeMemory.ARENA.contains(w.address())),
          tables::toString);
    }
  }

  @Test
  void twoCasesOfABatchMayNotShareAWordOfTheirPages() {
    ProbeCase one = new ProbeCase(0, 0x100000, List.of(), 0x1008);
    ProbeCase other = new ProbeCase(1, 0x100000, List.of(), 0x55008);
    assertThrows(IllegalArgumentException.class, () -> new ProbeBatch(List.of(one, other)));
  }

  @Test
  void memoryHoldsTheWordsOfOneCaseAtATimeAndMarksAround() {
    ProbeMemory memory = new ProbeMemory(machine(new UnitRegisters.Amdvi(0), 7));
    memory.load(List.of(new TableWord(0x100008, 5)));
    memory.load(List.of(new TableWord(0x100010, 6)));
    assertEquals(0, memory.readLong(0x100008));
    assertEquals(6, memory.readLong(0x100010));
    assertEquals(ProbeMemory.markOf(0x108000), memory.readLong(0x108000));
    assertTrue(ProbeMemory.isMark(memory.readLong(0xffff8)));
    byte[] bytes = new byte[3];
    memory.read(0x10000f, bytes, 0, bytes.length);
    assertEquals(6, bytes[1]);
    assertThrows(UnreadableMemoryException.class, () -> memory.readLong(64 << 20));
  }

  private static ProbeMachine machine(UnitRegisters registers, long seed) {
    return new ProbeMachine(
        "none",
        "",
        registers,
        64 << 20,
        List.of(ProbeMemory.ARENA),
        RequesterId.of(0, 4, 0),
        0x100000,
        seed);
  }

  private static List<ProbeCase> cases(Function<ProbeMachine, CaseSource> source, long seed) {
    CaseSource cases = source.apply(machine(new UnitRegisters.Vtd(0, CAP_OF_48_BITS, 0), seed));
    return IntStream.range(0, COUNT).mapToObj(cases::next).toList();
  }
}
