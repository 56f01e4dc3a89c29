// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;

/**
 * What holds of every vendor's tables, and of the hardware that goes by them. Test methods are
 * public because other packages inherit them.
 */
public abstract class TranslationTablesContract {
  /** Two crash ranges of a real machine: one low, one above 4 GiB, not aligned to large pages. */
  private static final AddressRange LOW = new AddressRange(0x2a00_0000L, 0x39ff_ffffL);

  private static final AddressRange HIGH = new AddressRange(0x1_5fe0_3000L, 0x1_7fdf_efffL);
  private static final AddressRange PAGE = new AddressRange(0x2a00_0000L, 0x2a00_0fffL);

  /**
   * A unit that translates, on memory of at least 8 GiB from 0.
   *
   * @param memory all of it
   * @param attached a requester whose requests go through tables that map nothing yet
   * @param passing a requester whose requests pass
   * @param absent a requester without an entry
   * @param arena at least 1,024 pages that nothing uses
   */
  public record Fixture(
      WritableMemory memory,
      RequesterId attached,
      RequesterId passing,
      RequesterId absent,
      AddressRange arena) {}

  /** For the tests of one vendor. */
  protected TranslationTablesContract() {}

  /** {@return a machine, made anew} */
  protected abstract Fixture fixture();

  /** {@return the tables in {@code memory}, which is the fixture's, or a view of it} */
  protected abstract TranslationTables open(PhysicalMemory memory);

  /** {@return the hardware that goes by the tables in {@code memory}} */
  protected abstract Iommu hardware(PhysicalMemory memory);

  private static TableId table(TranslationTables tables, RequesterId requester) {
    return tables.attachments().stream()
        .filter(a -> a.requester().equals(requester))
        .map(a -> assertInstanceOf(Attachment.Translated.class, a).table())
        .findFirst()
        .orElseThrow();
  }

  private MapResult map(Fixture fixture, AddressRange range) {
    TranslationTables tables = open(fixture.memory());
    return tables.mapIdentity(
        fixture.memory(), table(tables, fixture.attached()), range, PageArena.in(fixture.arena()));
  }

  private RecordedWalk walk(Fixture fixture) {
    TranslationTables tables = open(fixture.memory());
    RecordedWalk walk = new RecordedWalk();
    tables.walk(table(tables, fixture.attached()), walk);
    return walk;
  }

  private static void assertIdentity(List<AddressRange> ranges, RecordedWalk walk) {
    List<Mapping> identities =
        ranges.stream().map(r -> new Mapping(r, r.first(), Permissions.READ_WRITE)).toList();
    assertEquals(identities, walk.mappings());
    assertEquals(List.of(), walk.malformations());
  }

  @Test
  void attachmentsAreThoseOfTheEntriesInOrder() {
    Fixture fixture = fixture();
    List<Attachment> attachments = open(fixture.memory()).attachments();
    List<RequesterId> requesters = attachments.stream().map(Attachment::requester).toList();
    assertEquals(requesters.stream().sorted().toList(), requesters);
    assertTrue(requesters.contains(fixture.attached()));
    assertTrue(requesters.contains(fixture.passing()));
    assertFalse(requesters.contains(fixture.absent()));
    assertTrue(
        attachments.stream()
            .anyMatch(a ->
                a instanceof Attachment.PassThrough && a.requester().equals(fixture.passing())));
  }

  @Test
  void freshTablesMapNothingAndAreNotMalformed() {
    Fixture fixture = fixture();
    assertIdentity(List.of(), walk(fixture));
    assertEquals(List.of(), open(fixture.memory()).malformations());
  }

  @Test
  void mappedRangesAreWalkedAsIdentity() {
    Fixture fixture = fixture();
    assertInstanceOf(MapResult.Mapped.class, map(fixture, LOW));
    TranslationTables tables = open(fixture.memory());
    PageArena rest =
        PageArena.in(
            new AddressRange(
                fixture.arena().first() + fixture.arena().sizeBytes() / 2, fixture.arena().last()));
    MapResult high =
        tables.mapIdentity(fixture.memory(), table(tables, fixture.attached()), HIGH, rest);
    assertInstanceOf(MapResult.Mapped.class, high);
    assertIdentity(List.of(LOW, HIGH), walk(fixture));
  }

  @Test
  void hardwareReachesWhatWasMappedAndNothingBesideIt() {
    Fixture fixture = fixture();
    map(fixture, HIGH);
    Iommu hardware = hardware(fixture.memory());
    for (Access access : Access.values()) {
      for (long iova : new long[] {HIGH.first(), HIGH.first() + 0x1234_5678L, HIGH.last()}) {
        Request request = new Request(fixture.attached(), iova, access);
        assertEquals(new Outcome.Reached(iova), hardware.translate(request));
      }
      for (long iova : new long[] {HIGH.first() - 1, HIGH.last() + 1}) {
        Request request = new Request(fixture.attached(), iova, access);
        assertInstanceOf(Outcome.Blocked.class, hardware.translate(request));
      }
    }
  }

  @Test
  void hardwareLetsPassAndBlocksByTheEntry() {
    Fixture fixture = fixture();
    Iommu hardware = hardware(fixture.memory());
    long iova = LOW.first();
    assertEquals(
        new Outcome.Reached(iova),
        hardware.translate(new Request(fixture.passing(), iova, Access.WRITE)));
    assertInstanceOf(
        Outcome.Blocked.class,
        hardware.translate(new Request(fixture.absent(), iova, Access.WRITE)));
  }

  @Test
  void requestInTheInterruptWindowIsAnInterrupt() {
    Fixture fixture = fixture();
    Request request = new Request(fixture.attached(), InterruptWindow.RANGE.first(), Access.WRITE);
    assertEquals(new Outcome.Interrupt(), hardware(fixture.memory()).translate(request));
  }

  @Test
  void mappingAgainChangesNothing() {
    Fixture fixture = fixture();
    map(fixture, LOW);
    CountingMemory counting = new CountingMemory(fixture.memory());
    TranslationTables tables = open(counting);
    MapResult again =
        tables.mapIdentity(counting, table(tables, fixture.attached()), LOW, PageArena.empty());
    assertEquals(new MapResult.Mapped(0, 0, LOW.sizeBytes()), again);
    assertEquals(0, counting.writtenCount());
  }

  @Test
  void arenaThatIsTooSmallIsRefusedAndNothingWritten() {
    Fixture fixture = fixture();
    CountingMemory counting = new CountingMemory(fixture.memory());
    TranslationTables tables = open(counting);
    TableId table = table(tables, fixture.attached());
    MapResult.Mapped mapped = assertInstanceOf(MapResult.Mapped.class, map(fixture(), HIGH));
    long oneLess = (long) (mapped.tablePageCount() - 1) * PageArena.PAGE_BYTES;
    PageArena arena =
        oneLess == 0
            ? PageArena.empty()
            : PageArena.in(AddressRange.ofSize(fixture.arena().first(), oneLess));
    MapResult result = tables.mapIdentity(counting, table, HIGH, arena);
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
    MapResult result = tables.mapIdentity(counting, table(tables, fixture.attached()), HIGH, arena);
    assertInstanceOf(MapResult.Refused.class, result);
    assertEquals(0, counting.writtenCount());
  }

  @Test
  void interruptWindowIsRefused() {
    Fixture fixture = fixture();
    AddressRange across = new AddressRange(0xfed0_0000L, 0xfeff_ffffL);
    assertInstanceOf(MapResult.Refused.class, map(fixture, across));
    assertIdentity(List.of(), walk(fixture));
  }

  @Test
  void rangeBeyondReachIsRefused() {
    Fixture fixture = fixture();
    TranslationTables tables = open(fixture.memory());
    long last = tables.reach(table(tables, fixture.attached())).last();
    AddressRange beyond = AddressRange.ofSize(last + 1, PageArena.PAGE_BYTES);
    assertInstanceOf(MapResult.Refused.class, map(fixture, beyond));
  }

  @Test
  void rangeOfPartPagesIsACallersMistake() {
    Fixture fixture = fixture();
    AddressRange part = new AddressRange(PAGE.first(), PAGE.last() - 1);
    assertThrows(IllegalArgumentException.class, () -> map(fixture, part));
  }

  @Test
  void deviceTablesAndWalkedTablesAreOwnPages() {
    Fixture fixture = fixture();
    map(fixture, PAGE);
    List<AddressRange> deviceTables = open(fixture.memory()).deviceTablePages();
    assertTrue(deviceTables.size() >= 1);
    deviceTables.forEach(page -> assertEquals(PageArena.PAGE_BYTES, page.sizeBytes()));
    assertTrue(
        deviceTables.stream()
            .anyMatch(p -> p.contains(open(fixture.memory()).state().rootAddress())));
    RecordedWalk walk = walk(fixture);
    assertTrue(walk.tablePages().stream().anyMatch(fixture.arena()::contains));
  }
}
