// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;

/** What holds of every vendor's tables, and of the hardware that goes by them. */
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
   * @param arena at least 1,024 pages that nothing uses
   */
  public record Fixture(WritableMemory memory, RequesterId attached, AddressRange arena) {}

  /** For the tests of one vendor. */
  protected TranslationTablesContract() {}

  /** {@return a machine, made anew} */
  protected abstract Fixture fixture();

  /** {@return the tables in {@code memory}, which is the fixture's, or a view of it} */
  protected abstract TranslationTables open(PhysicalMemory memory);

  /** {@return the hardware that goes by the tables in {@code memory}} */
  protected abstract Iommu hardware(PhysicalMemory memory);

  /** {@return a crash range as high as the unit translates, not aligned to large pages} */
  protected AddressRange high() {
    return HIGH;
  }

  /** {@return the table that {@code requester} goes through} */
  protected static TableId table(TranslationTables tables, RequesterId requester) {
    return tables.devices().attachments().stream()
        .filter(a -> a.requester().equals(requester))
        .map(a -> assertInstanceOf(Attachment.Translated.class, a).table())
        .findFirst()
        .orElseThrow();
  }

  /** Maps with the fixture's arena. */
  protected MapResult map(Fixture fixture, AddressRange range) {
    TranslationTables tables = open(fixture.memory());
    return tables.mapIdentity(
        fixture.memory(),
        table(tables, fixture.attached()),
        Window.ofCrashRange(range),
        PageArena.in(fixture.arena()));
  }

  /** {@return what the attached requester's table maps} */
  protected RecordedWalk walk(Fixture fixture) {
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
    List<Attachment> attachments = open(fixture.memory()).devices().attachments();
    List<RequesterId> requesters = attachments.stream().map(Attachment::requester).toList();
    assertEquals(requesters.stream().sorted().toList(), requesters);
    assertTrue(requesters.contains(fixture.attached()));
  }

  @Test
  void freshTablesMapNothingAndAreNotMalformed() {
    Fixture fixture = fixture();
    assertIdentity(List.of(), walk(fixture));
    assertEquals(List.of(), open(fixture.memory()).devices().malformations());
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
        tables.mapIdentity(
            fixture.memory(), table(tables, fixture.attached()), Window.ofCrashRange(high()), rest);
    assertInstanceOf(MapResult.Mapped.class, high);
    assertIdentity(List.of(LOW, high()), walk(fixture));
  }

  @Test
  void hardwareReachesWhatWasMappedAndNothingBesideIt() {
    Fixture fixture = fixture();
    map(fixture, high());
    Iommu hardware = hardware(fixture.memory());
    for (Access access : Access.values()) {
      for (long iova : new long[] {high().first(), high().first() + 0x1234_5678L, high().last()}) {
        Request request = new Request(fixture.attached(), iova, access);
        assertEquals(new Outcome.Reached(iova), hardware.translate(request));
      }
      for (long iova : new long[] {high().first() - 1, high().last() + 1}) {
        Request request = new Request(fixture.attached(), iova, access);
        assertInstanceOf(Outcome.Blocked.class, hardware.translate(request));
      }
    }
  }

  @Test
  void mappingAgainChangesNothing() {
    Fixture fixture = fixture();
    map(fixture, LOW);
    CountingMemory counting = new CountingMemory(fixture.memory());
    TranslationTables tables = open(counting);
    MapResult again =
        tables.mapIdentity(
            counting, table(tables, fixture.attached()), Window.ofCrashRange(LOW), PageArena.of());
    assertEquals(new MapResult.Mapped(0, 0, LOW.sizeBytes()), again);
    assertEquals(0, counting.writtenCount());
  }

  @Test
  void whereNothingMayBeMappedMappingIsRefused() {
    Fixture fixture = fixture();
    for (Unmappable unmappable : open(fixture.memory()).unmappable()) {
      long first = Math.max(0, unmappable.range().first() - PageArena.PAGE_BYTES);
      AddressRange across = new AddressRange(first, unmappable.range().last());
      assertInstanceOf(MapResult.Refused.class, map(fixture, across), unmappable.toString());
      assertIdentity(List.of(), walk(fixture));
    }
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
}
