// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.amdvi.Command.Pages;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Commands as words. */
class CommandTest {
  private static final RequesterId DEVICE = RequesterId.parse("3a:1f.7");

  @Test
  void everyCommandIsReadAsItWasWritten() {
    List<Command> commands =
        List.of(
            new Command.CompletionWait(OptionalLong.of(0xf_ffff_ffff_fff8L), -1, true, true),
            new Command.CompletionWait(OptionalLong.empty(), 0, false, false),
            new Command.InvalidateDeviceEntry(DEVICE),
            new Command.InvalidatePages(0xffff, Pages.ALL, true, Optional.empty()),
            new Command.InvalidatePages(7, Pages.one(0x1234_5000L), false, Optional.of(0xfffff)),
            new Command.InvalidateIotlb(
                DEVICE, 32, 0x1234, new Pages(0x20_0000, 21), Optional.of(0x12345)),
            new Command.InvalidateIotlb(DEVICE, 0, 0, Pages.one(0), Optional.empty()),
            new Command.InvalidateInterrupts(DEVICE),
            new Command.InvalidateAll());
    for (Command command : commands) {
      assertEquals(command, Command.decode(command.low(), command.high()));
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "device entry,    0x2000000000003aff, 0x0",
    "interrupts,      0x5000000000003aff, 0x0",
    "all,             0x8000000000000000, 0x0",
    "pages,           0x3000000500000000, 0x7ffffffffffff003",
    "completion wait, 0x1000000012345001, 0x1"
  })
  void wordsAreThoseThatLinuxWrites(String name, String low, String high) {
    Command command =
        switch (name) {
          case "device entry" -> new Command.InvalidateDeviceEntry(DEVICE);
          case "interrupts" -> new Command.InvalidateInterrupts(DEVICE);
          case "all" -> new Command.InvalidateAll();
          case "pages" -> new Command.InvalidatePages(5, Pages.ALL, true, Optional.empty());
          default -> new Command.CompletionWait(OptionalLong.of(0x1234_5000L), 1, false, false);
        };
    assertEquals(Hex.parse(low), command.low());
    assertEquals(Hex.parse(high), command.high());
  }

  @ParameterizedTest(name = "{0} S={1}: 2^{3} bytes from {2}")
  @CsvSource({
    "0x12345000, 0, 0x12345000, 12",
    "0x12344000, 1, 0x12344000, 13",
    "0x12345000, 1, 0x12344000, 14",
    "0x2ff000, 1, 0x200000, 21",
    "0x7ffffffffffff000, 1, 0, 64",
    "0xfffffffffffff000, 1, 0, 64"
  })
  void sizeIsCodedInTheAddress(String address, int sizeBit, String first, int order) {
    Command command = Command.decode(0x3000_0000_0000_0000L, Hex.parse(address) | sizeBit);
    Pages pages = assertInstanceOf(Command.InvalidatePages.class, command).pages();
    assertEquals(new Pages(Hex.parse(first), order), pages);
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({
    "0x0, 0x0",
    "0x9000000000000000, 0x0",
    "0xf000000000000000, 0x0",
    "0x8000000000000001, 0x0",
    "0x2000000000010000, 0x0",
    "0x2000000000000000, 0x1",
    "0x3000000000100000, 0x0",
    "0x3000000000000000, 0x8",
    "0x1010000000000000, 0x0"
  })
  void unknownOrReservedIsIllegal(String low, String high) {
    Command command = Command.decode(Hex.parse(low), Hex.parse(high));
    assertEquals(new Command.Illegal(Hex.parse(low), Hex.parse(high)), command);
  }

  @Test
  void anyWordsAreACommandThatIsWrittenBackAsTheSame() {
    SplittableRandom random = new SplittableRandom(11);
    for (int i = 0; i < 20_000; i++) {
      long low = random.nextLong(1, 9) << 60 | random.nextLong() >>> random.nextInt(8, 64);
      long high = random.nextLong() & (random.nextBoolean() ? -1L : -0x1000L);
      Command command = Command.decode(low, high);
      assertEquals(command, Command.decode(command.low(), command.high()), command::toString);
    }
  }

  @Test
  void pagesCoverARange() {
    assertEquals(new Pages(0x1000, 12), Pages.covering(0x1000, 0x1fff));
    assertEquals(new Pages(0, 14), Pages.covering(0x1000, 0x2fff));
    assertEquals(new Pages(0x20_0000, 21), Pages.covering(0x20_0000, 0x3f_ffff));
    assertEquals(0x3f_ffff, new Pages(0x20_0000, 21).last());
    assertEquals(Pages.ALL, Pages.covering(0, -1));
    assertThrows(IllegalArgumentException.class, () -> new Pages(0x1000, 13));
    assertThrows(IllegalArgumentException.class, () -> new Pages(0, 11));
  }
}
