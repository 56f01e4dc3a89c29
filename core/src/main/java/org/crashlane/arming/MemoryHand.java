// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.crashlane.arming.ArmingPlan.TablePart;
import org.crashlane.arming.JournalRecord.State;
import org.crashlane.arming.Refusal.Kind;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.Window;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Store;
import org.crashlane.memory.WritableMemory;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Obstacle.Earlier;
import org.crashlane.rule.Obstacle.EarlierState;
import org.crashlane.rule.Obstacle.OfTable;
import org.crashlane.rule.Obstacle.ReadsBack;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Sighting.WordChanged;
import org.crashlane.rule.Subject.Armed;
import org.crashlane.rule.Subject.Part;

/**
 * The hand that writes tables where they stand: in an image, or in a guest's memory.
 *
 * <p>Arming: lock, look that nothing has changed since the plan, journal to disk, the stores in
 * order, every word read back, the tables walked, state ARMED. A kill at any point leaves each IOVA
 * translated as before or to itself, and a journal from which {@link #disarm} finds the way back.
 */
public final class MemoryHand {
  private final Target target;
  private final WritableMemory memory;
  private final TranslationTables tables;
  private final Path journalDirectory;
  private final boolean locked;

  /**
   * A hand that locks its target for each of its works.
   *
   * @param target what {@code memory} is
   * @param memory where the tables stand
   * @param tables the tables, read from {@code memory}
   * @param journalDirectory where the journal is kept; created when missing
   */
  public MemoryHand(
      Target target, WritableMemory memory, TranslationTables tables, Path journalDirectory) {
    this(target, memory, tables, journalDirectory, false);
  }

  private MemoryHand(
      Target target,
      WritableMemory memory,
      TranslationTables tables,
      Path journalDirectory,
      boolean locked) {
    this.target = target;
    this.memory = memory;
    this.tables = tables;
    this.journalDirectory = journalDirectory;
    this.locked = locked;
  }

  /**
   * {@return a hand on a target that its caller has locked, and keeps locked while it works}
   *
   * @param memory as for {@link #MemoryHand}, and so are the others
   */
  public static MemoryHand under(
      TargetLock lock, WritableMemory memory, TranslationTables tables, Path journalDirectory) {
    return new MemoryHand(lock.target(), memory, tables, journalDirectory, true);
  }

  /** {@return what it works on} */
  public Target target() {
    return target;
  }

  /**
   * Does what {@code plan} says, entirely or not at all.
   *
   * @throws IOException if the journal cannot be kept; nothing is written then
   */
  public ArmResult arm(ArmingPlan plan) throws IOException {
    if (!plan.target().equals(target)) {
      throw new IllegalArgumentException("a plan for " + plan.target().name() + ", not this one");
    }
    if (locked) {
      return armLocked(plan);
    }
    Optional<TargetLock> lock = TargetLock.tryAcquire(target);
    if (lock.isEmpty()) {
      return Refused.busy(target);
    }
    try (TargetLock _ = lock.get()) {
      return armLocked(plan);
    }
  }

  private ArmResult armLocked(ArmingPlan plan) throws IOException {
    Path file = Journal.fileFor(journalDirectory, target);
    Optional<Refused> earlier = standing();
    if (earlier.isPresent()) {
      return earlier.get();
    }
    if (plan.stores().isEmpty()) {
      return new ArmResult.Unneeded(plan);
    }
    if (!Journal.canHold(plan)) {
      return Refused.because(
          Kind.TOO_MANY_STORES,
          Part.ARMING,
          List.of(new Amount(Quantity.STORES, plan.stores().size(), Journal.STORE_COUNT_MAX)),
          Step.ARM_LESS);
    }
    Optional<Refused> changed = changed(plan);
    if (changed.isPresent()) {
      return changed.get();
    }
    Journal.makeDirectory(journalDirectory);
    Journal journal = Journal.create(file, plan);
    for (Store store : plan.stores()) {
      memory.writeLong(store.address(), store.after());
    }
    List<Evidence> problems = problems(plan);
    if (problems.isEmpty()) {
      journal.append(State.ARMED);
      return new ArmResult.Armed(plan, file);
    }
    DisarmResult back = undo(journal);
    EarlierState state =
        back.isComplete() ? EarlierState.TAKEN_BACK : EarlierState.NOT_ALL_TAKEN_BACK;
    problems.add(new Earlier(state, file.toString()));
    return Refused.because(Kind.NOT_CONFIRMED, new Armed(target.name()), problems);
  }

  /**
   * {@return that an earlier arming has to be taken back first, if there is one in place, or one
   * that was cut off}
   *
   * <p>It would lose its way back to a new journal: also what it has done to the arena, to which
   * nothing leads yet.
   */
  public Optional<Refused> standing() throws IOException {
    Path file = Journal.fileFor(journalDirectory, target);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    Journal journal = Journal.open(file);
    journal.requireFor(target);
    JournalRecord old = journal.content();
    if (old.state() == State.DISARMED) {
      return Optional.empty();
    }
    Disarming.WayBack way = Disarming.of(old, memory, tables);
    if (way.stores().isEmpty() && way.result().isComplete()) {
      return Optional.empty();
    }
    EarlierState state =
        switch (old.state()) {
          case PLANNED -> EarlierState.ARMING_CUT_OFF;
          case ARMED -> EarlierState.ARMED;
          case DISARMING, DISARMED -> EarlierState.DISARMING_CUT_OFF;
        };
    return Optional.of(
        Refused.because(
            Kind.IN_USE,
            new Armed(target.name()),
            List.of(new Earlier(state, file.toString())),
            Step.DISARM_FIRST));
  }

  /** {@return the stores of the last arming by a journal here; empty if there was none} */
  public List<Store> earlier() throws IOException {
    Path file = Journal.fileFor(journalDirectory, target);
    return Files.exists(file) ? Journal.open(file).content().stores() : List.of();
  }

  private Optional<Refused> changed(ArmingPlan plan) {
    Map<Long, Long> expected = new LinkedHashMap<>();
    plan.stores().forEach(store -> expected.putIfAbsent(store.address(), store.before()));
    // All of a new page becomes a table: what has no store was zero, and must be still.
    for (AddressRange page : plan.newPages()) {
      for (long at = page.first(); at < page.last(); at += Long.BYTES) {
        expected.putIfAbsent(at, 0L);
      }
    }
    return expected.entrySet().stream()
        .filter(word -> memory.readLong(word.getKey()) != word.getValue())
        .findFirst()
        .map(word -> changed(word.getKey(), word.getValue()));
  }

  private Refused changed(long address, long before) {
    return Refused.because(
        Kind.CHANGED,
        new Armed(target.name()),
        List.of(
            new WordChanged(address, before, memory.readLong(address)), Fact.CHANGED_SINCE_PLAN));
  }

  private List<Evidence> problems(ArmingPlan plan) {
    List<Evidence> problems = new ArrayList<>();
    Set<Long> seen = new TreeSet<>();
    for (Store store : plan.stores().reversed()) {
      long found = memory.readLong(store.address());
      if (seen.add(store.address()) && found != store.after()) {
        problems.add(new ReadsBack(store.address(), store.after(), found));
      }
    }
    for (TablePart part : plan.tables()) {
      for (Window window : plan.windows()) {
        IdentityCheck check = new IdentityCheck(window);
        tables.walk(part.table(), check);
        check.problem().ifPresent(why -> problems.addAll(List.of(new OfTable(part.table()), why)));
      }
    }
    return problems;
  }

  /**
   * Takes out what the journal says was put in, as far as it is still there.
   *
   * @throws IOException if there is no journal, or it cannot be kept
   */
  public DisarmResult disarm() throws IOException {
    Path file = Journal.fileFor(journalDirectory, target);
    if (!Files.exists(file)) {
      throw new IOException(file + ": no such journal: " + target.name() + " was not armed here");
    }
    if (locked) {
      return disarmLocked(file);
    }
    try (TargetLock _ = TargetLock.acquire(target)) {
      return disarmLocked(file);
    }
  }

  private DisarmResult disarmLocked(Path file) throws IOException {
    Journal journal = Journal.open(file);
    journal.requireFor(target);
    return undo(journal);
  }

  /** Words, not stores: of several stores to one word the first knows what was there before. */
  private long asBeforeCount(List<Store> stores) {
    Map<Long, Long> before = new LinkedHashMap<>();
    stores.forEach(store -> before.putIfAbsent(store.address(), store.before()));
    return before.entrySet().stream()
        .filter(word -> memory.readLong(word.getKey()) == word.getValue())
        .count();
  }

  private DisarmResult undo(Journal journal) throws IOException {
    JournalRecord record = journal.content();
    if (record.state() == State.DISARMED) {
      return DisarmResult.takenBack(asBeforeCount(record.stores()));
    }
    Disarming.WayBack way = Disarming.of(record, memory, tables);
    if (!way.stores().isEmpty()) {
      journal.append(State.DISARMING);
    }
    for (Store store : way.stores()) {
      memory.writeLong(store.address(), store.after());
    }
    State state = way.result().isComplete() ? State.DISARMED : State.ARMED;
    if (journal.content().state() != state) {
      journal.append(state);
    }
    return way.result();
  }
}
