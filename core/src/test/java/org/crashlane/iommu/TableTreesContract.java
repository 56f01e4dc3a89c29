// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;

/**
 * What holds besides where each requester has an entry of its own, tables are trees that grow, and
 * interrupts are told from DMA by their address: VT-d, AMD-Vi.
 */
public abstract class TableTreesContract extends TranslationTablesContract {
  private static final AddressRange RANGE = new AddressRange(0x1_5fe0_3000L, 0x1_7fdf_efffL);
  private static final AddressRange PAGE = new AddressRange(0x2a00_0000L, 0x2a00_0fffL);

  /** For the tests of one vendor. */
  protected TableTreesContract() {}

  /** {@return a requester of the fixture whose requests pass} */
  protected abstract RequesterId passing();

  /** {@return a requester that the fixture has no entry for} */
  protected abstract RequesterId absent();

  @Test
  void requestersWithAnEntryAreAttachedAndOthersNot() {
    List<Attachment> attachments = open(fixture().memory()).devices().attachments();
    assertFalse(attachments.stream().anyMatch(a -> a.requester().equals(absent())));
    assertTrue(
        attachments.stream()
            .anyMatch(a -> a instanceof Attachment.PassThrough && a.requester().equals(passing())));
  }

  @Test
  void hardwareLetsPassAndBlocksByTheEntry() {
    Fixture fixture = fixture();
    Iommu hardware = hardware(fixture.memory());
    long iova = RANGE.first();
    assertEquals(
        new Outcome.Reached(iova), hardware.translate(new Request(passing(), iova, Access.WRITE)));
    assertInstanceOf(
        Outcome.Blocked.class, hardware.translate(new Request(absent(), iova, Access.WRITE)));
  }

  @Test
  void requestInTheInterruptWindowIsAnInterrupt() {
    Fixture fixture = fixture();
    Request request = new Request(fixture.attached(), InterruptWindow.RANGE.first(), Access.WRITE);
    assertEquals(new Outcome.Interrupt(), hardware(fixture.memory()).translate(request));
  }

  @Test
  void arenaThatIsTooSmallIsRefusedAndNothingWritten() {
    Fixture fixture = fixture();
    CountingMemory counting = new CountingMemory(fixture.memory());
    TranslationTables tables = open(counting);
    TableId table = table(tables, fixture.attached());
    MapResult.Mapped mapped = assertInstanceOf(MapResult.Mapped.class, map(fixture(), RANGE));
    long oneLess = (long) (mapped.tablePageCount() - 1) * PageArena.PAGE_BYTES;
    PageArena arena =
        oneLess == 0
            ? PageArena.of()
            : PageArena.in(AddressRange.ofSize(fixture.arena().first(), oneLess));
    MapResult result = tables.mapIdentity(counting, table, Window.ofCrashRange(RANGE), arena);
    assertInstanceOf(MapResult.Refused.class, result);
    assertEquals(0, counting.writtenCount());
    assertEquals(0, arena.takenCount());
  }

  @Test
  void arenaThatIsNoMemoryIsRefusedAndNothingWritten() {
    Fixture fixture = fixture();
    CountingMemory counting = new CountingMemory(fixture.memory());
    TranslationTables tables = open(counting);
    long behind = fixture.memory().ranges().getLast().last() + 1;
    PageArena arena = PageArena.in(AddressRange.ofSize(behind, fixture.arena().sizeBytes()));
    MapResult result =
        tables.mapIdentity(
            counting, table(tables, fixture.attached()), Window.ofCrashRange(RANGE), arena);
    assertInstanceOf(MapResult.Refused.class, result);
    assertEquals(0, counting.writtenCount());
  }

  @Test
  void deviceTablesAndWalkedTablesAreOwnPages() {
    Fixture fixture = fixture();
    map(fixture, PAGE);
    List<AddressRange> deviceTables = open(fixture.memory()).devices().pages();
    assertTrue(deviceTables.size() >= 1);
    deviceTables.forEach(page -> assertEquals(PageArena.PAGE_BYTES, page.sizeBytes()));
    assertTrue(
        deviceTables.stream()
            .anyMatch(p -> p.contains(open(fixture.memory()).state().rootAddress())));
    RecordedWalk walk = walk(fixture);
    assertTrue(walk.tablePages().stream().anyMatch(fixture.arena()::contains));
  }
}
