// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.crashlane.arming.ArmResult;
import org.crashlane.arming.ArmingPlan;
import org.crashlane.arming.ArmingPlan.Note;
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
import org.crashlane.guest.live.StoppedTables.Purpose;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.Window;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.CaptureKernel;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Finding;
import org.crashlane.rule.Obstacle.Earlier;
import org.crashlane.rule.Obstacle.EarlierState;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Subject.Part;
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
  private final LiveGuest guest;
  private final boolean ownsGuest;
  private final Path journalDirectory;
  private final StoppedTables stopped;
  private final GuestLife life;

  private OutsideHand(
      LiveGuest guest,
      boolean ownsGuest,
      Path journalDirectory,
      List<Path> markFolders,
      GuestLife life) {
    this.guest = guest;
    this.ownsGuest = ownsGuest;
    this.journalDirectory = journalDirectory;
    this.stopped = new StoppedTables(guest, markFolders);
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
   * @param interruptSources devices on the dump path and IOAPICs, whose interrupts the tables are
   *     made to let through to an unaware capture kernel, as far as they can
   * @throws IOException if the guest or the journal fails; what the journal says was begun, {@link
   *     #disarm} takes back
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
                  Window.ofCrashRanges(crashRanges),
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
    Set<RequesterId> planned = requesters(guest, devices);
    return arm(
        crashRanges,
        (hand, tables) -> {
          PlanRequest request =
              new PlanRequest(
                  hand.target(),
                  Window.ofCrashRanges(crashRanges),
                  planned,
                  Optional.empty(),
                  hand.earlier());
          return withInterrupts(
              spare.plan(request, tables, guest.memory()), tables, interruptSources);
        });
  }

  static PlanResult withInterrupts(
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
   * @throws IOException as {@link #arm(List, Set, Optional, List)} does
   */
  public ArmResult prepareInterrupts(
      List<AddressRange> crashRanges, List<RequesterId> interruptSources) throws IOException {
    return arm(
        crashRanges,
        (hand, tables) ->
            new PlanResult.Planned(
                InterruptArming.with(
                    new ArmingPlan(
                        hand.target(),
                        Window.ofCrashRanges(crashRanges),
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of()),
                    tables.interrupts(),
                    interruptSources)));
  }

  /** Where all disks of a living guest pass by the IOMMU, nothing has to be armed for the dump. */
  private Set<RequesterId> planned(Set<RequesterId> devices) throws IOException {
    if (life != GuestLife.LIVING || !devices.isEmpty()) {
      return requesters(guest, devices);
    }
    Set<RequesterId> disks =
        guest.pciFunctions().stream()
            .filter(PciFunction::isStorage)
            .map(PciFunction::requester)
            .collect(Collectors.toSet());
    return guest.iommuProperties().passing().keySet().containsAll(disks) ? disks : devices;
  }

  /** {@return the ids that requests of {@code devices} carry; the likeliest where not known} */
  static Set<RequesterId> requesters(LiveGuest guest, Set<RequesterId> devices) throws IOException {
    if (devices.isEmpty()) {
      return devices;
    }
    Map<RequesterId, RequesterId> carried = new HashMap<>();
    guest.pciFunctions().forEach(f -> carried.put(f.requester(), f.requesters().getFirst()));
    return devices.stream().map(d -> carried.getOrDefault(d, d)).collect(Collectors.toSet());
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
              Window.ofCrashRanges(crashRanges),
              List.of(),
              List.of(),
              List.of(),
              List.of(new Note(Part.IOMMU, Fact.NO_IOMMU))));
    }
    Optional<TargetLock> lock = TargetLock.tryAcquire(target);
    if (lock.isEmpty()) {
      return Refused.busy(target);
    }
    try (TargetLock held = lock.get()) {
      Purpose purpose = life == GuestLife.LIVING ? Purpose.LOOK : Purpose.WRITE;
      if (purpose == Purpose.WRITE) {
        Journal.makeDirectory(journalDirectory);
      }
      return stopped.during(
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
          planned
              .plan()
              .withNote(
                  new Note(
                      Part.ARMING, new Earlier(EarlierState.ARMED, journalDirectory.toString()))));
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
    return plan.tables().isEmpty() || life == GuestLife.DEAD
        ? plan
        : plan.withNote(new Note(Part.ARMING, Fact.LATER_DEVICES_NOT_ARMED));
  }

  private boolean isRefusedAlive(ArmingPlan plan) {
    return life == GuestLife.LIVING && !plan.stores().isEmpty();
  }

  private static Refused alive() {
    return Refused.because(
        Kind.LIVING,
        Part.PRIMARY_KERNEL,
        List.of(Fact.GUEST_LIVES),
        Step.ARM_WHEN_CRASHED,
        Step.ARM_INSIDE);
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
          "%s: %s was not armed here: %s has no journal of it (in another directory? --journal);"
                  .formatted(guest.qmp().socket(), target.name(), journalDirectory)
              + " what the crashlane_arm module has armed, removing the module takes out");
    }
    try (TargetLock held = TargetLock.acquire(target)) {
      return stopped.during(held, Purpose.WRITE, tables -> hand(held, tables).disarm());
    }
  }

  /**
   * A verdict.
   *
   * @param machine what is known of the guest, and where each fact is from
   * @param verdict the rule's, on that and on the tables
   * @param capture the capture kernel that is loaded in it
   */
  public record Judgement(Machine machine, Verdict verdict, CaptureKernel capture) {
    /** {@return the same with more findings} */
    Judgement with(List<Finding> more) {
      List<Finding> findings = new ArrayList<>(verdict.findings());
      findings.addAll(more);
      return new Judgement(machine, Verdict.of(findings), capture);
    }
  }

  /**
   * {@return the rule's verdict on the tables as they are now}
   *
   * @param devices who is on the dump path; all storage controllers if empty
   * @param armed true if this hand has written to them
   */
  public Judgement judge(List<AddressRange> crashRanges, Set<RequesterId> devices, boolean armed)
      throws IOException {
    GuestJudge judge = new GuestJudge(guest, life, crashRanges, devices);
    if (guest.findIommu().isEmpty()) {
      return judge.judgeWithoutTables();
    }
    Judgement judged = whileStopped(judge::judge);
    List<Finding> more = new ArrayList<>();
    if (stopped.readWhileRunning()) {
      more.add(GuestJudge.unstopped());
    }
    if (armed && life != GuestLife.DEAD) {
      crashRanges.forEach(range -> more.add(GuestJudge.untold(range)));
    }
    return judged.with(more);
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
        stopped.letRun(held);
      }
    }
  }

  private Target target() throws IOException {
    return Target.ofFile(guest.memoryFile());
  }

  private MemoryHand hand(TargetLock lock, TranslationTables tables) {
    return MemoryHand.under(lock, guest.memory(), tables, journalDirectory);
  }

  /** Looks at the tables while the guest is stopped, and no other hand is on it. */
  <T> T whileStopped(StoppedTables.Work<T> work) throws IOException {
    try (TargetLock held = TargetLock.acquire(target())) {
      return stopped.during(held, Purpose.LOOK, work);
    }
  }

  @Override
  public void close() {
    if (ownsGuest) {
      guest.close();
    }
  }
}
