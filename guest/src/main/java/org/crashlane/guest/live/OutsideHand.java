// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.crashlane.arming.ArmResult;
import org.crashlane.arming.ArmingPlan;
import org.crashlane.arming.DisarmResult;
import org.crashlane.arming.InterruptArming;
import org.crashlane.arming.Journal;
import org.crashlane.arming.MemoryHand;
import org.crashlane.arming.PlanRequest;
import org.crashlane.arming.PlanResult;
import org.crashlane.arming.Planner;
import org.crashlane.arming.Refusal;
import org.crashlane.arming.Refusal.Kind;
import org.crashlane.arming.Refused;
import org.crashlane.arming.Target;
import org.crashlane.arming.TargetLock;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.UnreadableMemoryException;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict;

/**
 * The hand that arms a live guest from outside, by its control socket and its memory file, without
 * the guest's knowledge. The guest stands while its tables are read and written, and its memory
 * file is locked from before until it runs again: of two hands, the second is refused.
 *
 * <p>What a disarmed guest's IOMMU has cached it may still translate until the guest's own kernel
 * invalidates: to the crash range itself, nowhere else.
 */
public final class OutsideHand implements AutoCloseable {
  /** An AMD device table alone has 512. */
  private static final int COMPARED_PAGES_MAX = 16;

  /** Why a guest is not stopped, for whoever is shown what was read meanwhile. */
  public static final String READ_WHILE_RUNNING =
      "no folder could be written for the mark by which a guest that is left stopped is found"
          + " (the journals' folder, XDG_RUNTIME_DIR, /run); what changed meanwhile may be missing";

  private final LiveGuest guest;
  private final boolean ownsGuest;
  private final Path journalDirectory;
  private final List<Path> markFolders;
  private final GuestLife life;
  private boolean readWhileRunning;

  private OutsideHand(
      LiveGuest guest,
      boolean ownsGuest,
      Path journalDirectory,
      List<Path> markFolders,
      GuestLife life) {
    this.guest = guest;
    this.ownsGuest = ownsGuest;
    this.journalDirectory = journalDirectory;
    this.markFolders = List.copyOf(markFolders);
    this.life = life;
  }

  /**
   * Attaches to somebody's guest, which lives and is not written to; but an earlier arming is taken
   * back.
   *
   * @param socket QEMU's control socket
   * @param journalDirectory where the way back is kept; see {@link
   *     org.crashlane.guest.UserDirectory#STATE}
   * @throws IOException as {@link LiveGuest#attach(Path)} does
   */
  public static OutsideHand attach(Path socket, Path journalDirectory) throws IOException {
    return attach(socket, journalDirectory, GuestLife.LIVING);
  }

  /** Attaches as {@link #attach(Path, Path)} does to a guest of which more is known. */
  public static OutsideHand attach(Path socket, Path journalDirectory, GuestLife life)
      throws IOException {
    return new OutsideHand(
        LiveGuest.attach(socket), true, journalDirectory, StopMark.folders(journalDirectory), life);
  }

  /** {@return a hand on a guest that its caller keeps and closes} */
  public static OutsideHand on(LiveGuest guest, Path journalDirectory, GuestLife life) {
    return on(guest, journalDirectory, life, StopMark.folders(journalDirectory));
  }

  static OutsideHand on(
      LiveGuest guest, Path journalDirectory, GuestLife life, List<Path> markFolders) {
    return new OutsideHand(guest, false, journalDirectory, markFolders, life);
  }

  /** {@return the guest} */
  public LiveGuest guest() {
    return guest;
  }

  /**
   * Maps the crash ranges to themselves in every address space of the selected devices, or writes
   * nothing. A living guest is never written to: what is planned for it is refused unless there is
   * nothing to write.
   *
   * @param crashRanges whole 4 KiB pages of the guest's memory
   * @param devices only these; all that are translated if empty
   * @param arena memory that neither kernel uses, for new table pages
   * @throws IOException if the guest or the journal fails; what the journal says was begun, {@link
   *     #disarm} takes back
   */
  public ArmResult arm(
      List<AddressRange> crashRanges, Set<RequesterId> devices, Optional<AddressRange> arena)
      throws IOException {
    return arm(crashRanges, devices, arena, List.of());
  }

  /**
   * Arms as {@link #arm(List, Set, Optional)} does, and has interrupt tables let the interrupts of
   * an unaware capture kernel through, as far as they can.
   *
   * @param interruptSources whose interrupts: devices on the dump path, IOAPICs
   */
  public ArmResult arm(
      List<AddressRange> crashRanges,
      Set<RequesterId> devices,
      Optional<AddressRange> arena,
      List<RequesterId> interruptSources)
      throws IOException {
    Set<RequesterId> planned = planned(devices);
    return arm(
        crashRanges,
        (hand, tables) -> {
          PlanRequest request =
              new PlanRequest(
                  hand.target(),
                  crashRanges,
                  planned,
                  life == GuestLife.LIVING ? Optional.empty() : arena,
                  hand.earlier());
          return withInterrupts(
              Planner.plan(tables, guest.memory(), request), tables, interruptSources);
        });
  }

  /**
   * Arms a guest that has crashed, as {@link #arm(List, Set, Optional, List)} does, with new table
   * pages where neither kernel has anything.
   */
  public ArmResult armDead(
      List<AddressRange> crashRanges,
      Set<RequesterId> devices,
      SpareMemory spare,
      List<RequesterId> interruptSources)
      throws IOException {
    return arm(
        crashRanges,
        (hand, tables) -> {
          PlanRequest request =
              new PlanRequest(
                  hand.target(), crashRanges, devices, Optional.empty(), hand.earlier());
          return withInterrupts(
              spare.plan(request, tables, guest.memory()), tables, interruptSources);
        });
  }

  private static PlanResult withInterrupts(
      PlanResult result, TranslationTables tables, List<RequesterId> interruptSources) {
    return switch (result) {
      case PlanResult.Planned planned ->
          new PlanResult.Planned(
              InterruptArming.with(planned.plan(), tables.interrupts(), interruptSources));
      case Refused refused -> refused;
    };
  }

  /**
   * Has interrupt tables let the interrupts of an unaware capture kernel through, as far as they
   * can, and maps nothing.
   *
   * @param crashRanges what the crash kernel has
   * @param interruptSources whose interrupts: devices on the dump path, IOAPICs
   * @throws IOException as {@link #arm(List, Set, Optional)} does
   */
  public ArmResult prepareInterrupts(
      List<AddressRange> crashRanges, List<RequesterId> interruptSources) throws IOException {
    return arm(
        crashRanges,
        (hand, tables) ->
            new PlanResult.Planned(
                InterruptArming.with(
                    new ArmingPlan(
                        hand.target(), crashRanges, List.of(), List.of(), List.of(), List.of()),
                    tables.interrupts(),
                    interruptSources)));
  }

  /** Where all disks of a living guest pass by the IOMMU, nothing has to be armed for the dump. */
  private Set<RequesterId> planned(Set<RequesterId> devices) throws IOException {
    if (life != GuestLife.LIVING || !devices.isEmpty()) {
      return devices;
    }
    Set<RequesterId> disks =
        guest.pciFunctions().stream()
            .filter(PciFunction::isStorage)
            .map(PciFunction::requester)
            .collect(Collectors.toSet());
    return guest.bypass().keySet().containsAll(disks) ? disks : devices;
  }

  /** Plans what is to be written into the tables of a guest that stands. */
  @FunctionalInterface
  private interface TablePlan {
    PlanResult of(MemoryHand hand, TranslationTables tables) throws IOException;
  }

  private ArmResult arm(List<AddressRange> crashRanges, TablePlan plan) throws IOException {
    Target target = target();
    List<Refusal> against = CrashRangeSigns.against(guest, crashRanges, life != GuestLife.DEAD);
    if (!against.isEmpty()) {
      return new Refused(against);
    }
    if (guest.findIommu().isEmpty()) {
      return new ArmResult.Unneeded(
          new ArmingPlan(
              target,
              crashRanges,
              List.of(),
              List.of(),
              List.of(),
              List.of("the guest has no IOMMU whose tables could be written")));
    }
    Optional<TargetLock> lock = TargetLock.tryAcquire(target);
    if (lock.isEmpty()) {
      return Refused.because(Kind.IN_USE, TargetLock.busy(target));
    }
    try (TargetLock held = lock.get()) {
      Purpose purpose = life == GuestLife.LIVING ? Purpose.LOOK : Purpose.WRITE;
      return whileStopped(
          held, purpose, tables -> armStopped(crashRanges, plan, hand(held, tables), tables));
    }
  }

  /** An earlier arming comes first: its own pages and leaves would be refused for other reasons. */
  private ArmResult armStopped(
      List<AddressRange> crashRanges, TablePlan plan, MemoryHand hand, TranslationTables tables)
      throws IOException {
    if (life == GuestLife.DEAD) {
      guest.requireCaptureKernelIn(crashRanges);
    }
    Optional<Refused> earlier = hand.standing();
    if (earlier.isPresent()
        && life == GuestLife.DEAD
        && plan.of(hand, tables) instanceof PlanResult.Planned planned
        && planned.plan().stores().isEmpty()) {
      return new ArmResult.Unneeded(
          planned.plan().withNote("it was armed before, by a journal in " + journalDirectory));
    }
    if (earlier.isPresent() && life == GuestLife.DEAD) {
      // What was written for an earlier crash, as far as it is still there, makes room.
      hand.disarm();
      earlier = hand.standing();
    }
    if (earlier.isPresent()) {
      return earlier.get();
    }
    return switch (plan.of(hand, tables)) {
      case PlanResult.Planned planned when isRefusedAlive(planned.plan()) -> alive();
      case PlanResult.Planned planned -> hand.arm(withWhatIsLeftOut(planned.plan()));
      case Refused refused when life == GuestLife.LIVING && refused.isFor(Kind.ARENA_TOO_SMALL) ->
          alive();
      case Refused refused -> refused;
    };
  }

  /** Where devices have tables, one that comes later has its own, of which nothing is known now. */
  private ArmingPlan withWhatIsLeftOut(ArmingPlan plan) {
    if (plan.tables().isEmpty() || life == GuestLife.DEAD) {
      return plan;
    }
    List<String> notes = new ArrayList<>(plan.notes());
    notes.add("a device that is plugged in later is not armed: arm again then");
    return new ArmingPlan(
        plan.target(), plan.crashRanges(), plan.tables(), plan.newPages(), plan.stores(), notes);
  }

  private boolean isRefusedAlive(ArmingPlan plan) {
    return life == GuestLife.LIVING && !plan.stores().isEmpty();
  }

  private static Refused alive() {
    return Refused.because(
        Kind.LIVING,
        "the crash range has to be mapped for devices, and a living guest is not written to from"
            + " outside: its kernel would come upon the new table pages and leaves without knowing"
            + " them. Arm it when it has crashed (--when-crashed), or from inside, by the"
            + " crashlane_arm module");
  }

  /**
   * Takes out what an earlier {@link #arm}, finished or killed, has put in.
   *
   * @throws IOException if the guest was not armed by a journal here, or if the guest or the
   *     journal fails
   */
  public DisarmResult disarm() throws IOException {
    Target target = target();
    if (!Files.exists(Journal.fileFor(journalDirectory, target))) {
      throw new IOException(
          "%s: %s was not armed here: %s has no journal of it (is it in another folder? --journal);"
                  .formatted(guest.qmp().socket(), target.name(), journalDirectory)
              + " what the crashlane_arm module has armed, removing the module takes out");
    }
    try (TargetLock held = TargetLock.acquire(target)) {
      return whileStopped(held, Purpose.WRITE, tables -> hand(held, tables).disarm());
    }
  }

  /** {@return what the guest's IOMMU tables say now} */
  public GuestTables walk() throws IOException {
    List<PciFunction> functions = guest.pciFunctions();
    return whileStopped(tables -> GuestTables.read(readWhileRunning, tables, functions));
  }

  /**
   * {@return the rule's verdict on the tables as they are now}
   *
   * @param devices who is on the dump path; all storage controllers if empty
   * @param armed true if this hand has written to them
   */
  public Verdict judge(List<AddressRange> crashRanges, Set<RequesterId> devices, boolean armed)
      throws IOException {
    GuestJudge judge = new GuestJudge(guest, life, crashRanges, devices);
    if (guest.findIommu().isEmpty()) {
      return judge.judgeWithoutTables();
    }
    Verdict verdict = whileStopped(judge::judge);
    List<Finding> findings = new ArrayList<>(verdict.findings());
    if (readWhileRunning) {
      findings.add(unstopped());
    }
    if (armed && life != GuestLife.DEAD) {
      crashRanges.forEach(range -> findings.add(untold(range)));
    }
    return Verdict.of(findings);
  }

  /**
   * What stands in the tables is not what the guest's kernel believes to have put there: as long as
   * it lives, its drivers' DMA may be sent into the crash range.
   */
  private static Finding untold(AddressRange crashRange) {
    return new Finding(
        FindingCode.A5,
        Severity.UNKNOWN,
        "the guest's kernel",
        Optional.of(crashRange),
        List.of("armed from outside: its IOVA allocator was not told"),
        "reserve the range in the primary kernel too: its crashlane_arm module does, also later");
  }

  private static Finding unstopped() {
    return new Finding(
        FindingCode.W1,
        Severity.UNKNOWN,
        "the guest's tables",
        Optional.empty(),
        List.of("read while the guest ran: " + READ_WHILE_RUNNING),
        "name a folder that can be written by --journal");
  }

  /**
   * Makes sure, as far as that can be seen now, that the guest can be armed when it has crashed,
   * and lets it run on if a killed hand has left it standing. Where another hand is at work,
   * nothing is seen and done.
   *
   * @throws IOException if no journal can be kept, or as {@link #disarm} does
   */
  void prepare() throws IOException {
    Optional<TargetLock> lock = TargetLock.tryAcquire(target());
    if (lock.isPresent()) {
      try (TargetLock held = lock.get()) {
        Journal.requireUsable(journalDirectory, held.target());
        List<Path> marks = StopMark.files(markFolders, held.target());
        Optional<StopMark> left = StopMark.left(marks, GuestProcess.nameOf(guest.qmp()));
        if (left.isPresent()) {
          try (StopMark _ = left.get()) {
            guest.qmp().cont();
          }
        }
      }
    }
  }

  private Target target() throws IOException {
    return Target.ofFile(guest.memoryFile());
  }

  private MemoryHand hand(TargetLock lock, TranslationTables tables) {
    return MemoryHand.under(lock, guest.memory(), tables, journalDirectory);
  }

  /** What is done with the tables of a guest that stands. */
  @FunctionalInterface
  interface TableWork<T> {
    T run(TranslationTables tables) throws IOException;
  }

  /** Why a guest is stopped. */
  private enum Purpose {
    /** To read its tables: nothing is kept, and no folder is made. */
    LOOK,
    /** To write to it, perhaps: there is a journal. */
    WRITE
  }

  /** Looks at the tables while the guest stands, and no other hand is on it. */
  <T> T whileStopped(TableWork<T> work) throws IOException {
    try (TargetLock held = TargetLock.acquire(target())) {
      return whileStopped(held, Purpose.LOOK, work);
    }
  }

  /**
   * Does {@code work} while the guest stands, with a mark for the case that this is killed. Under
   * the lock it is this hand that stopped the guest, or nobody's: none continues it in between. A
   * guest that a killed hand has left standing goes on afterwards. Without a mark a guest is not
   * stopped: it is looked at as it runs, and not written to.
   */
  private <T> T whileStopped(TargetLock held, Purpose purpose, TableWork<T> work)
      throws IOException {
    if (purpose == Purpose.WRITE) {
      Journal.makeDirectory(journalDirectory);
    }
    List<Path> marks = StopMark.files(markFolders, held.target());
    String process = GuestProcess.nameOf(guest.qmp());
    Optional<StopMark> left = StopMark.left(marks, process);
    readWhileRunning = false;
    if (left.isEmpty() && !guest.qmp().isRunning()) {
      return withTables(work);
    }
    Optional<StopMark> mark = left.or(() -> StopMark.set(marks, process));
    if (mark.isPresent()) {
      try (StopMark _ = mark.get()) {
        return guest.stoppedThenRunning(() -> withTables(work));
      }
    }
    if (purpose == Purpose.WRITE) {
      throw new IOException(
          journalDirectory + ": cannot be written: the guest is not stopped, nothing was written");
    }
    readWhileRunning = true;
    return withTables(work);
  }

  private <T> T withTables(TableWork<T> work) throws IOException {
    try {
      TranslationTables tables =
          guest.iommu().tables(guest.memory(), guest.bypass().keySet());
      if (tables.state().translating()) {
        guest.requireSameMemory(
            tables.deviceTablePages().stream()
                .limit(COMPARED_PAGES_MAX)
                .map(AddressRange::first)
                .toList());
      }
      return work.run(tables);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } catch (UnreadableMemoryException e) {
      throw new IOException(guest.qmp().socket() + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    if (ownsGuest) {
      guest.close();
    }
  }
}
