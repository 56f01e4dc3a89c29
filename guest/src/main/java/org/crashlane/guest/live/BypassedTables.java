// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.InterruptRemapping;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.UnitBuffer;
import org.crashlane.iommu.UnitState;
import org.crashlane.iommu.Unmappable;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.WritableMemory;
import org.crashlane.pci.RequesterId;

/**
 * The tables of an IOMMU that some devices pass by: whatever entries they have, their requests go
 * untranslated.
 */
record BypassedTables(TranslationTables tables, Set<RequesterId> passing)
    implements TranslationTables {
  private static final int NO_DOMAIN = 0;

  BypassedTables {
    passing = Set.copyOf(passing);
  }

  @Override
  public List<Attachment> attachments() {
    return Stream.concat(
            tables.attachments().stream().filter(a -> !passing.contains(a.requester())),
            passing.stream().map(this::unlisted))
        .sorted((a, b) -> a.requester().compareTo(b.requester()))
        .toList();
  }

  @Override
  public Attachment unlisted(RequesterId requester) {
    return passing.contains(requester)
        ? new Attachment.PassThrough(requester, NO_DOMAIN)
        : tables.unlisted(requester);
  }

  @Override
  public UnitState state() {
    return tables.state();
  }

  @Override
  public List<Malformation> malformations() {
    return tables.malformations();
  }

  @Override
  public List<Unmappable> unmappable() {
    return tables.unmappable();
  }

  @Override
  public List<Attachment.Unsupported> unreadBesides() {
    return tables.unreadBesides();
  }

  @Override
  public List<UnitBuffer> buffers() {
    return tables.buffers();
  }

  @Override
  public List<Unmappable> protectedMemory() {
    return tables.protectedMemory();
  }

  @Override
  public void walk(TableId table, WalkVisitor visitor) {
    tables.walk(table, visitor);
  }

  @Override
  public void walkLeftOut(TableId table, WalkVisitor visitor) {
    tables.walkLeftOut(table, visitor);
  }

  @Override
  public List<AddressRange> untouched(RequesterId requester) {
    return tables.untouched(requester);
  }

  @Override
  public boolean confines() {
    return tables.confines();
  }

  @Override
  public AddressRange reach(TableId table) {
    return tables.reach(table);
  }

  @Override
  public long nextTable(long entry) {
    return tables.nextTable(entry);
  }

  @Override
  public InterruptRemapping interrupts() {
    return tables.interrupts();
  }

  @Override
  public List<AddressRange> deviceTablePages() {
    return tables.deviceTablePages();
  }

  @Override
  public MapResult mapIdentity(
      WritableMemory memory, TableId table, AddressRange range, PageArena arena) {
    return tables.mapIdentity(memory, table, range, arena);
  }
}
