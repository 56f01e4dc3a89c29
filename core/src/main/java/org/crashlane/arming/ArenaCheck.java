// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.crashlane.arming.Refusal.Kind;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Attachment.Unsupported;
import org.crashlane.iommu.DeviceTables;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.Store;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Obstacle.NoMemory;
import org.crashlane.rule.Obstacle.OfDevices;
import org.crashlane.rule.Obstacle.OfTable;
import org.crashlane.rule.Obstacle.Overlap;
import org.crashlane.rule.Obstacle.Place;
import org.crashlane.rule.Obstacle.WordInUse;
import org.crashlane.rule.Reading.Attached;
import org.crashlane.rule.Reading.Entry;
import org.crashlane.rule.Reading.Mapped;
import org.crashlane.rule.Subject.Arena;
import org.crashlane.rule.Subject.Requesters;

/**
 * May new tables be built here? Not where a device writes, a kernel boots or a table stands, nor
 * where that cannot be told.
 */
final class ArenaCheck implements WalkVisitor {
  /** Of all tables together: a device table may name one for each of 65,536 ids. */
  private static final long TABLE_PAGES_MAX = 1 << 20;

  private final AddressRange arena;
  private final List<Refusal> refusals = new ArrayList<>();
  private FirstFew mappings = new FirstFew();
  private FirstFew unread = new FirstFew();
  private FirstFew tablePages = new FirstFew();
  private long tablePageCount;

  private ArenaCheck(AddressRange arena) {
    this.arena = arena;
  }

  /**
   * {@return all that is against it}
   *
   * @param pages those of {@code arena}, none taken
   */
  static List<Refusal> of(
      PageArena pages,
      AddressRange arena,
      PlanRequest request,
      TranslationTables tables,
      DeviceTables devices,
      PhysicalMemory memory) {
    ArenaCheck check = new ArenaCheck(arena);
    if (!memory.exists(arena)) {
      check.misplaced(List.of(new NoMemory(memory.ranges())));
    } else {
      check.judgeContent(pages, memory, request.earlier());
    }
    for (AddressRange crash : request.ranges()) {
      if (arena.overlaps(crash)) {
        check.misplaced(List.of(new Overlap(Place.CRASH_RANGE, crash)));
      }
    }
    for (AddressRange page : devices.pages()) {
      if (arena.overlaps(page)) {
        check.misplaced(List.of(new Overlap(Place.DEVICE_TABLE, page)));
      }
    }
    devices.spaces().keySet().forEach(table -> check.judge(table, tables));
    DeviceReasons unknown = new DeviceReasons();
    for (Attachment attachment : devices.attachments()) {
      if (attachment instanceof Unsupported u) {
        unknown.add(u.reason(), u.requester(), new Attached(u));
      }
    }
    for (Refusal device : unknown.refusals(Kind.ARENA_MISPLACED)) {
      List<Evidence> evidence = new ArrayList<>();
      evidence.add(Fact.ARENA_NOT_SAFE);
      evidence.add(new OfDevices((Requesters) device.subject()));
      evidence.addAll(device.evidence());
      check.misplaced(evidence);
    }
    return List.copyOf(new LinkedHashSet<>(check.refusals));
  }

  /**
   * Memory that is in use is seldom all zero, and reserved memory that is not was armed before: a
   * restart of the guest leaves its words behind.
   */
  private void judgeContent(PageArena pages, PhysicalMemory memory, List<Store> earlier) {
    Map<Long, Set<Long>> explained = new HashMap<>();
    for (Store store : earlier) {
      explained
          .computeIfAbsent(store.address(), _ -> new HashSet<>())
          .addAll(List.of(store.before(), store.after()));
    }
    long[] words = new long[pages.pageBytes() / Long.BYTES];
    FirstFew inUse = new FirstFew();
    for (OptionalLong page = pages.take(); page.isPresent(); page = pages.take()) {
      long first = page.getAsLong();
      memory.readLongs(first, words, words.length);
      for (int i = 0; i < words.length; i++) {
        long at = first + (long) i * Long.BYTES;
        if (words[i] != 0 && !explained.getOrDefault(at, Set.of()).contains(words[i])) {
          inUse.add(new WordInUse(at, words[i]));
          break;
        }
      }
      if (inUse.isFull()) {
        break;
      }
    }
    if (!inUse.isEmpty()) {
      misplaced(inUse.after(Fact.ARENA_IN_USE));
    }
  }

  /** One table gives few refusals, however much is wrong with it. */
  private void judge(TableId table, TranslationTables tables) {
    mappings = new FirstFew();
    unread = new FirstFew();
    tablePages = new FirstFew();
    tables.walk(table, this);
    if (tablePageCount >= TABLE_PAGES_MAX) {
      unread.add(new Amount(Quantity.TABLE_PAGES_READ, TABLE_PAGES_MAX));
    }
    if (!mappings.isEmpty()) {
      misplaced(mappings.after(Fact.ARENA_WRITTEN_BY_DEVICE, new OfTable(table)));
    }
    if (!tablePages.isEmpty()) {
      misplaced(tablePages.after());
    }
    if (!unread.isEmpty()) {
      misplaced(unread.after(Fact.ARENA_NOT_SAFE, new OfTable(table)));
    }
  }

  @Override
  public void mapping(long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
    long physicalLast = physicalFirst + (iovaLast - iovaFirst);
    if (permissions.allows(Access.WRITE)
        && Long.compareUnsigned(physicalFirst, arena.last()) <= 0
        && Long.compareUnsigned(arena.first(), physicalLast) <= 0) {
      AddressRange iova = new AddressRange(iovaFirst, iovaLast);
      Mapping mapping = new Mapping(iova, physicalFirst, permissions);
      mappings.add(new Mapped(mapping));
    }
  }

  @Override
  public void malformed(Malformation malformation) {
    // Where hardware faults it writes nothing; what is unread may map anything.
    if (malformation.isUnread()) {
      unread.add(new Entry(malformation));
    }
  }

  @Override
  public void tablePage(long address, long sizeBytes, int level) {
    tablePageCount++;
    AddressRange page = AddressRange.ofSize(address, sizeBytes);
    if (arena.overlaps(page)) {
      tablePages.add(new Overlap(Place.PAGE_TABLE, page));
    }
  }

  /** Hostile tables shall not cost more than any machine's. */
  @Override
  public boolean isEnough() {
    return tablePageCount >= TABLE_PAGES_MAX || mappings.isFull();
  }

  private void misplaced(List<Evidence> why) {
    refusals.add(new Refusal(Kind.ARENA_MISPLACED, new Arena(arena), why, List.of()));
  }
}
