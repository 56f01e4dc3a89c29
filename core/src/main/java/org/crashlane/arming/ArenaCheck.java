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
import org.crashlane.bits.Hex;
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

/**
 * May new tables be built here? Not where a device writes, a kernel boots or a table stands, nor
 * where that cannot be told.
 */
final class ArenaCheck implements WalkVisitor {
  /** Of all tables together: a device table may name one for each of 65,536 ids. */
  private static final long TABLE_PAGES_MAX = 1 << 20;

  private final AddressRange arena;
  private final List<Refusal> refusals = new ArrayList<>();
  private Evidence mappings = new Evidence();
  private Evidence unread = new Evidence();
  private Evidence tablePages = new Evidence();
  private long tablePageCount;

  private ArenaCheck(AddressRange arena) {
    this.arena = arena;
  }

  static List<Refusal> of(
      AddressRange arena,
      PlanRequest request,
      TranslationTables tables,
      DeviceTables devices,
      PhysicalMemory memory) {
    ArenaCheck check = new ArenaCheck(arena);
    if (!memory.exists(arena)) {
      check.misplaced("is not memory (there is " + memory.ranges() + ")");
    } else {
      check.judgeContent(memory, request.earlier());
    }
    for (AddressRange crash : request.ranges()) {
      if (arena.overlaps(crash)) {
        check.misplaced("overlaps the crash range " + crash);
      }
    }
    for (AddressRange page : devices.pages()) {
      if (arena.overlaps(page)) {
        check.misplaced("holds the device table at " + Hex.of(page.first()));
      }
    }
    devices.spaces().keySet().forEach(table -> check.judge(table, tables));
    DeviceReasons unknown = new DeviceReasons();
    for (Attachment attachment : devices.attachments()) {
      if (attachment instanceof Unsupported u) {
        unknown.add(u.requester(), u.reason());
      }
    }
    for (Refusal device : unknown.refusals(Kind.ARENA_MISPLACED)) {
      check.misplaced("cannot be vouched for: cannot tell whether it is written by " + device);
    }
    return List.copyOf(new LinkedHashSet<>(check.refusals));
  }

  /**
   * Memory that is in use is seldom all zero, and reserved memory that is not was armed before: a
   * restart of the guest leaves its words behind.
   */
  private void judgeContent(PhysicalMemory memory, List<Store> earlier) {
    Map<Long, Set<Long>> explained = new HashMap<>();
    for (Store store : earlier) {
      explained
          .computeIfAbsent(store.address(), _ -> new HashSet<>())
          .addAll(List.of(store.before(), store.after()));
    }
    long[] words = new long[PageArena.PAGE_BYTES / Long.BYTES];
    Evidence inUse = new Evidence();
    PageArena pages = PageArena.in(arena);
    for (OptionalLong page = pages.take(); page.isPresent(); page = pages.take()) {
      long first = page.getAsLong();
      memory.readLongs(first, words, words.length);
      for (int i = 0; i < words.length; i++) {
        long at = first + (long) i * Long.BYTES;
        if (words[i] != 0 && !explained.getOrDefault(at, Set.of()).contains(words[i])) {
          inUse.add("%s at %s".formatted(Hex.of(words[i]), Hex.of(at)));
          break;
        }
      }
      if (inUse.isFull()) {
        break;
      }
    }
    inUse
        .text()
        .ifPresent(what ->
            misplaced("is in use, or was: not zero, nor left by an earlier arming: " + what));
  }

  /** One table gives few refusals, however much is wrong with it. */
  private void judge(TableId table, TranslationTables tables) {
    mappings = new Evidence();
    unread = new Evidence();
    tablePages = new Evidence();
    tables.walk(table, this);
    if (tablePageCount >= TABLE_PAGES_MAX) {
      unread.add("more than %,d table pages".formatted(TABLE_PAGES_MAX));
    }
    mappings
        .text()
        .ifPresent(what ->
            misplaced("may be written by a device: table %s maps %s".formatted(table, what)));
    tablePages
        .text()
        .ifPresent(pages -> misplaced("holds the page table at " + pages + ", which is in use"));
    unread
        .text()
        .ifPresent(what ->
            misplaced(
                "cannot be vouched for: cannot tell whether table %s maps it: %s"
                    .formatted(table, what)));
  }

  @Override
  public void mapping(long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
    long physicalLast = physicalFirst + (iovaLast - iovaFirst);
    if (permissions.allows(Access.WRITE)
        && Long.compareUnsigned(physicalFirst, arena.last()) <= 0
        && Long.compareUnsigned(arena.first(), physicalLast) <= 0) {
      AddressRange iova = new AddressRange(iovaFirst, iovaLast);
      Mapping mapping = new Mapping(iova, physicalFirst, permissions);
      mappings.add(mapping);
    }
  }

  @Override
  public void malformed(Malformation malformation) {
    // Where hardware faults it writes nothing; what is unread may map anything.
    if (malformation.isUnread()) {
      unread.add(malformation);
    }
  }

  @Override
  public void tablePage(long address, int level) {
    tablePageCount++;
    if (arena.overlaps(AddressRange.ofSize(address, PageArena.PAGE_BYTES))) {
      tablePages.add(Hex.of(address));
    }
  }

  /** Hostile tables shall not cost more than any machine's. */
  @Override
  public boolean isEnough() {
    return tablePageCount >= TABLE_PAGES_MAX || mappings.isFull();
  }

  private void misplaced(String why) {
    refusals.add(new Refusal(Kind.ARENA_MISPLACED, "arena " + arena + " " + why));
  }
}
