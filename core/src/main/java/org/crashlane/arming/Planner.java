// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.crashlane.arming.ArmingPlan.Note;
import org.crashlane.arming.ArmingPlan.TablePart;
import org.crashlane.arming.Refusal.Kind;
import org.crashlane.bits.Alignment;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.DeviceTables;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Known;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.UnitState;
import org.crashlane.iommu.UnitState.Translation;
import org.crashlane.iommu.Unmappable;
import org.crashlane.iommu.Window;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.DraftMemory;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.Store;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Obstacle.BeyondReach;
import org.crashlane.rule.Obstacle.NoMemory;
import org.crashlane.rule.Obstacle.NotWritten;
import org.crashlane.rule.Obstacle.Overlap;
import org.crashlane.rule.Obstacle.Place;
import org.crashlane.rule.Reading.Entry;
import org.crashlane.rule.Reading.Mapped;
import org.crashlane.rule.Remedy.ReserveArena;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Subject;
import org.crashlane.rule.Subject.AddressSpace;
import org.crashlane.rule.Subject.Arena;
import org.crashlane.rule.Subject.CrashRange;
import org.crashlane.rule.Subject.Part;

/**
 * Makes an {@link ArmingPlan}, or says everything that stands against it. It writes nothing: the
 * tables are changed on a draft, once on unlimited scratch pages to learn what is needed, and once
 * on the arena.
 */
public final class Planner {
  /** More than the tables above the lowest level that one range can need, at 6 levels. */
  private static final long SPARE_PAGES = 16;

  private final TranslationTables tables;
  private final DeviceTables devices;
  private final PhysicalMemory memory;
  private final PlanRequest request;
  private final List<Refusal> refusals = new ArrayList<>();

  private Planner(TranslationTables tables, PhysicalMemory memory, PlanRequest request) {
    this.tables = tables;
    this.devices = tables.devices();
    this.memory = memory;
    this.request = request;
  }

  /**
   * Plans.
   *
   * @param tables the tables of a running IOMMU
   * @param memory where they stand; it must not change before the plan is carried out
   */
  public static PlanResult plan(
      TranslationTables tables, PhysicalMemory memory, PlanRequest request) {
    return new Planner(tables, memory, request).plan();
  }

  /** {@return what the device tables say, of wanted devices too that have no entry but pass} */
  private List<Attachment> attachments() {
    List<Attachment> attachments = new ArrayList<>(devices.attachments());
    Set<RequesterId> unlisted = new TreeSet<>(request.devices());
    attachments.forEach(a -> unlisted.remove(a.requester()));
    unlisted.stream()
        .map(tables::defaultAttachment)
        .filter(a -> !(a instanceof Attachment.Blocked))
        .forEach(attachments::add);
    return attachments;
  }

  private PlanResult plan() {
    if (tables.state().translation() == Translation.UNKNOWN) {
      refuse(Kind.UNSUPPORTED, Part.IOMMU, Fact.TRANSLATION_NOT_KNOWN);
    }
    if (tables.state().isPassing()) {
      judgeWindows(Geometry.PAGE_BYTES_MIN);
      return refusals.isEmpty() ? nothingTranslates() : new Refused(refusals);
    }
    Selection selection = Selection.of(attachments(), request.devices(), tables::isWritable);
    refusals.addAll(selection.refusals());
    judgeWindows(selection.pageBytes());
    judgePlaces(selection);
    if (!refusals.isEmpty()) {
      return new Refused(refusals);
    }
    if (selection.tables().isEmpty()) {
      return planned(selection, 0);
    }
    int pageBytes = selection.pageBytes();
    AddressRange scratch = scratch(selection);
    DraftMemory dryRun = DraftMemory.withScratch(memory, scratch);
    long neededCount = map(selection, dryRun, PageArena.in(scratch, pageBytes)).neededCount();
    if (refusals.isEmpty() && !dryRun.stores().isEmpty()) {
      refusal(tables.state()).ifPresent(refusals::add);
    }
    if (refusals.isEmpty() && neededCount > 0) {
      judgeArena(neededCount, pageBytes);
    }
    return refusals.isEmpty() ? planned(selection, neededCount) : new Refused(refusals);
  }

  private PlanResult nothingTranslates() {
    Note note = new Note(Part.IOMMU, Fact.NOTHING_TRANSLATED);
    return new PlanResult.Planned(
        new ArmingPlan(
            request.target(), request.windows(), List.of(), List.of(), List.of(), List.of(note)));
  }

  /** {@return why the tables of a unit are not written from outside, whatever they are} */
  public static Optional<Refusal> refusal(UnitState unit) {
    return unit.cachesAbsent() == Known.YES
        ? Optional.of(
            new Refusal(
                Kind.CACHES_ABSENT,
                Part.IOMMU,
                List.of(Fact.CACHES_ABSENT),
                List.of(Step.ARM_INSIDE)))
        : Optional.empty();
  }

  /** A doorbell is no memory, and need not be. */
  private void judgeWindows(int pageBytes) {
    for (Window window : request.windows()) {
      AddressRange range = window.range();
      if (!Alignment.isAligned(range.first(), pageBytes)
          || !Alignment.isAligned(range.last() + 1, pageBytes)) {
        refuse(Kind.CRASH_RANGE, new CrashRange(range), Fact.NOT_WHOLE_PAGES);
      }
      Optional<Unmappable> interrupts =
          tables.unmappable().stream()
              .filter(u -> u.why() == TableFact.INTERRUPT_WINDOW && u.range().overlaps(range))
              .findFirst();
      if (interrupts.isPresent()) {
        refuse(
            Kind.INTERRUPT_WINDOW,
            new CrashRange(range),
            new Overlap(Place.INTERRUPT_WINDOW, interrupts.get().range()));
      } else if (window.isCrashRange() && !memory.exists(range)) {
        refuse(Kind.CRASH_RANGE, new CrashRange(range), new NoMemory(memory.ranges()));
      }
    }
  }

  /**
   * Where tables and windows lie to each other; both must be there. Kernels do map doorbells at
   * other addresses for themselves.
   */
  private void judgePlaces(Selection selection) {
    for (Window window : request.windows()) {
      if (window.isCrashRange()) {
        CrashRangeCheck.of(window.range(), tables, devices).ifPresent(refusals::add);
      }
      selection.tables().forEach((table, users) -> judgeReach(window.range(), table, users));
    }
  }

  private void judgeReach(AddressRange crash, TableId table, List<RequesterId> users) {
    AddressRange reach = tables.reach(table);
    if (!reach.contains(crash)) {
      refuse(
          Kind.BEYOND_REACH,
          new AddressSpace(table, users, List.of()),
          new BeyondReach(crash, reach));
    }
  }

  private void judgeArena(long neededCount, int pageBytes) {
    Optional<AddressRange> arena = request.arena();
    long availableCount = arena.map(a -> PageArena.in(a, pageBytes).leftCount()).orElse(0L);
    if (availableCount < neededCount) {
      refusals.add(
          new Refusal(
              Kind.ARENA_TOO_SMALL,
              arena.<Subject>map(Arena::new).orElse(Part.ARMING),
              List.of(new Amount(Quantity.NEW_TABLE_PAGES, neededCount, availableCount)),
              List.of(new ReserveArena(neededCount * pageBytes))));
    }
    arena.ifPresent(range ->
        refusals.addAll(
            ArenaCheck.of(
                PageArena.in(range, pageBytes), range, request, tables, devices, memory)));
  }

  private PlanResult planned(Selection selection, long neededCount) {
    DraftMemory draft = DraftMemory.over(memory);
    PageArena arena = arena(neededCount, selection.pageBytes());
    Run run = map(selection, draft, arena);
    if (!refusals.isEmpty()) {
      return new Refused(refusals);
    }
    List<Note> notes = new ArrayList<>(selection.notes());
    if (tables.state().cachesAbsent() == Known.UNKNOWN && !draft.stores().isEmpty()) {
      notes.add(new Note(Part.IOMMU, Fact.CACHES_ABSENT_NOT_KNOWN));
    }
    devices.malformations().forEach(m -> notes.add(new Note(Part.DEVICE_TABLES, new Entry(m))));
    List<AddressRange> newPages = newPages(neededCount, selection.pageBytes());
    return new PlanResult.Planned(
        new ArmingPlan(
            request.target(),
            request.windows(),
            run.parts(),
            newPages,
            stores(newPages, draft),
            notes));
  }

  /**
   * {@return the stores, led by one for each word of a new page that happens to hold what is wanted
   * there: so of every word without a store it is known that it is zero}
   */
  private static List<Store> stores(List<AddressRange> newPages, DraftMemory draft) {
    Set<Long> stored = draft.stores().stream().map(Store::address).collect(Collectors.toSet());
    List<Store> stores = new ArrayList<>();
    for (AddressRange page : newPages) {
      for (long at = page.first(); at < page.last(); at += Long.BYTES) {
        long value = draft.readLong(at);
        if (value != 0 && !stored.contains(at)) {
          stores.add(new Store(at, value, value));
        }
      }
    }
    stores.addAll(draft.stores());
    return stores;
  }

  private List<AddressRange> newPages(long count, int pageBytes) {
    PageArena pages = arena(count, pageBytes);
    return LongStream.range(0, count)
        .map(_ -> pages.take().orElseThrow())
        .mapToObj(page -> AddressRange.ofSize(page, pageBytes))
        .toList();
  }

  private PageArena arena(long neededCount, int pageBytes) {
    return neededCount == 0
        ? PageArena.empty(pageBytes)
        : PageArena.in(request.arena().orElseThrow(), pageBytes);
  }

  /**
   * One run over all tables.
   *
   * @param parts what was done to each
   */
  private record Run(List<TablePart> parts) {
    long neededCount() {
      return parts.stream().mapToLong(TablePart::tablePageCount).sum();
    }
  }

  private Run map(Selection selection, DraftMemory draft, PageArena arena) {
    List<TablePart> parts = new ArrayList<>();
    for (Map.Entry<TableId, List<RequesterId>> each : selection.tables().entrySet()) {
      parts.add(mapTable(each.getKey(), each.getValue(), draft, arena));
    }
    return new Run(parts);
  }

  private TablePart mapTable(
      TableId table, List<RequesterId> users, DraftMemory draft, PageArena arena) {
    long leafCount = 0;
    long takenBefore = arena.takenCount();
    long alreadyMappedBytes = 0;
    for (Window window : request.windows()) {
      switch (tables.mapIdentity(draft, table, window, arena)) {
        case MapResult.Mapped mapped -> {
          leafCount += mapped.leafCount();
          alreadyMappedBytes += mapped.alreadyMappedBytes();
        }
        case MapResult.Conflict conflict -> {
          for (Mapping mapping : conflict.conflicts()) {
            refuse(Kind.CONFLICT, new AddressSpace(table, users, List.of()), new Mapped(mapping));
          }
        }
        case MapResult.Refused refused ->
            refuse(
                Kind.TABLES,
                new AddressSpace(table, users, List.of()),
                new NotWritten(refused.range(), refused.reason()));
      }
    }
    return new TablePart(
        table, users, leafCount, arena.takenCount() - takenBefore, alreadyMappedBytes);
  }

  /**
   * {@return addresses behind all memory, for as many pages as mapping could ever take: one for
   * each begun part of a range that a table of the lowest level serves, and some at both ends of
   * each range and level}
   */
  private AddressRange scratch(Selection selection) {
    long pageCount = 0;
    for (TableId table : selection.tables().keySet()) {
      for (AddressRange range : request.ranges()) {
        pageCount += range.sizeBytes() / table.geometry().entrySpanBytes(2) + SPARE_PAGES;
      }
    }
    long end = memory.ranges().getLast().last() + 1;
    int pageBytes = selection.pageBytes();
    return AddressRange.ofSize(Alignment.up(end, pageBytes), pageCount * pageBytes);
  }

  private void refuse(Kind kind, Subject subject, Evidence evidence) {
    refusals.add(new Refusal(kind, subject, evidence));
  }
}
