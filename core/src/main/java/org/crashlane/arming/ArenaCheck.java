// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.crashlane.arming.Refusal.Kind;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Attachment.Translated;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;

/** May new tables be built here? Not where a device writes, a kernel boots or a table stands. */
final class ArenaCheck implements WalkVisitor {
  private final AddressRange arena;
  private final List<Refusal> refusals = new ArrayList<>();
  private String table = "";

  private ArenaCheck(AddressRange arena) {
    this.arena = arena;
  }

  static List<Refusal> of(
      AddressRange arena,
      List<AddressRange> crashRanges,
      TranslationTables tables,
      PhysicalMemory memory) {
    ArenaCheck check = new ArenaCheck(arena);
    if (!memory.exists(arena)) {
      check.misplaced("is not memory (there is " + memory.ranges() + ")");
    }
    for (AddressRange crash : crashRanges) {
      if (arena.overlaps(crash)) {
        check.misplaced("overlaps the crash range " + crash);
      }
    }
    for (AddressRange page : tables.deviceTablePages()) {
      if (arena.overlaps(page)) {
        check.misplaced("holds the device table at " + Hex.of(page.first()));
      }
    }
    Set<TableId> each = new LinkedHashSet<>();
    for (Attachment attachment : tables.attachments()) {
      if (attachment instanceof Translated t && each.add(t.table())) {
        check.table = t.table().toString();
        tables.walk(t.table(), check);
      }
    }
    return List.copyOf(new LinkedHashSet<>(check.refusals));
  }

  @Override
  public void mapping(long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
    long physicalLast = physicalFirst + (iovaLast - iovaFirst);
    if (permissions.allows(Access.WRITE)
        && Long.compareUnsigned(physicalFirst, arena.last()) <= 0
        && Long.compareUnsigned(arena.first(), physicalLast) <= 0) {
      AddressRange iova = new AddressRange(iovaFirst, iovaLast);
      Mapping mapping = new Mapping(iova, physicalFirst, permissions);
      misplaced("may be written by a device: table " + table + " maps " + mapping);
    }
  }

  @Override
  public void malformed(Malformation malformation) {
    // What is wrong elsewhere in a table has no say in where new ones may stand.
  }

  @Override
  public void tablePage(long address, int level) {
    if (arena.overlaps(AddressRange.ofSize(address, PageArena.PAGE_BYTES))) {
      misplaced("holds the page table at " + Hex.of(address) + ", which is in use");
    }
  }

  private void misplaced(String why) {
    refusals.add(new Refusal(Kind.ARENA_MISPLACED, "arena " + arena + " " + why));
  }
}
