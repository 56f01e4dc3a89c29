// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.crashlane.arming.ArmResult;
import org.crashlane.arming.ArmingPlan;
import org.crashlane.arming.Planner;
import org.crashlane.arming.Refusal;
import org.crashlane.arming.Refused;
import org.crashlane.guest.live.CrashWatch.Crash;
import org.crashlane.guest.live.OutsideHand.Judgement;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.iommu.UnitState;
import org.crashlane.iommu.UnitState.Translation;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.Aftermath;
import org.crashlane.rehearsal.CaptureKernel;
import org.crashlane.rehearsal.CaptureKernel.State;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Sighting.DeviceTablesMoved;
import org.crashlane.rule.Sighting.Since;
import org.crashlane.rule.Sighting.WordChanged;
import org.crashlane.rule.Subject.NewTablePage;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict;

/**
 * Arms a guest when it has crashed: waits until the capture kernel runs, stops the guest at once,
 * writes the dead kernel's tables, and lets the capture kernel go on before its disk driver has
 * started. There is no living kernel to harm then, and no allocator to tell.
 */
public final class WhenCrashed implements AutoCloseable {
  private static final Duration LOOK_EVERY = Duration.ofMillis(500);

  /** A capture kernel that drives the IOMMU takes it over long before it writes the dump. */
  private static final Duration LOOK_FOR = Duration.ofSeconds(30);

  /** The guest is gone, or begins anew. */
  private static final List<String> ENDS = List.of("RESET", "SHUTDOWN");

  private final QmpClient qmp;
  private final Path journalDirectory;
  private final Consumer<String> progress;

  private LiveGuest guest;

  private WhenCrashed(
      QmpClient qmp, LiveGuest guest, Path journalDirectory, Consumer<String> progress) {
    this.qmp = qmp;
    this.guest = guest;
    this.journalDirectory = journalDirectory;
    this.progress = progress;
  }

  /**
   * Attaches to a guest.
   *
   * @param progress told what is seen, now and then
   * @throws IOException as {@link LiveGuest#attach(Path)} does, and if it has no IOMMU
   */
  public static WhenCrashed attach(Path socket, Path journalDirectory, Consumer<String> progress)
      throws IOException {
    QmpClient qmp = QmpClient.connect(socket);
    try {
      return new WhenCrashed(qmp, attach(qmp), journalDirectory, progress);
    } catch (IOException | RuntimeException e) {
      qmp.close();
      throw e;
    }
  }

  private static LiveGuest attach(QmpClient qmp) throws IOException {
    LiveGuest guest = LiveGuest.attach(qmp);
    try {
      guest.iommu();
      return guest;
    } catch (IOException | RuntimeException e) {
      guest.close();
      throw e;
    }
  }

  /** What became of a watched guest. */
  public sealed interface Outcome {
    /**
     * It lives on.
     *
     * @param crashedBefore true if it had crashed before the watch began, and was restarted
     */
    record Alive(boolean crashedBefore) implements Outcome {}

    /**
     * It is shut down, and no crash was noticed.
     *
     * @param crashedBefore true if it had crashed before the watch began
     */
    record ShutDown(boolean crashedBefore) implements Outcome {}

    /**
     * It crashed, and its tables are as they have to be; by what was written, or without it.
     *
     * @param result what was done
     * @param judged the guest as it was judged, and the rule's verdict, on the tables and on what
     *     was seen since
     * @param resumedAfter from noticing the crash until the guest ran on
     */
    record Ready(ArmResult.Done result, Judgement judged, Duration resumedAfter)
        implements Outcome {}

    /** It cannot be armed from outside when it crashes, and is not watched. */
    record NotArmable(Refused refused) implements Outcome {}

    /** It crashed, and nothing was written. */
    record NotArmed(Refused refused) implements Outcome {}

    /**
     * It crashed, and its capture kernel had taken over the IOMMU before that was noticed; nothing
     * was written.
     */
    record TakenOver(Verdict verdict) implements Outcome {}
  }

  /**
   * Waits for the crash, arms, and looks for a while at what the capture kernel does.
   *
   * @param given the crash ranges where they are known; they are looked for otherwise
   * @param devices only these; all that are translated if empty
   * @param limit how long to wait
   * @throws IOException if QEMU ends, or as {@link OutsideHand#arm} does
   */
  public Outcome await(List<AddressRange> given, Set<RequesterId> devices, Duration limit)
      throws IOException {
    long endNanos = System.nanoTime() + limit.toNanos();
    Optional<Outcome> outcome = awaitOnce(given, devices, limit);
    while (outcome.isEmpty()) {
      progress.accept("the guest's memory has changed; attaches anew");
      LiveGuest anew = attach(qmp);
      guest.close();
      guest = anew;
      Duration left = Duration.ofNanos(Math.max(0, endNanos - System.nanoTime()));
      outcome = awaitOnce(given, devices, left);
    }
    return outcome.get();
  }

  /** {@return what became of it; nothing if it has other memory now} */
  private Optional<Outcome> awaitOnce(
      List<AddressRange> given, Set<RequesterId> devices, Duration limit) throws IOException {
    try (CrashWatch watch = CrashWatch.of(guest, given, progress)) {
      Optional<Crash> crash = watch.await(Duration.ZERO);
      if (crash.isEmpty() && !watch.isShutDown()) {
        Optional<Refusal> refusal = Planner.refusal(guest.unitState());
        if (refusal.isPresent()) {
          return Optional.of(new Outcome.NotArmable(new Refused(List.of(refusal.get()))));
        }
        try (OutsideHand hand = OutsideHand.on(guest, journalDirectory, GuestLife.LIVING)) {
          hand.prepare();
        }
        progress.accept("waits for the guest's crash");
        crash = watch.await(limit);
      }
      if (crash.isPresent()) {
        return Optional.of(arm(crash.get(), watch, devices));
      }
      if (watch.isMemoryChanged()) {
        return Optional.empty();
      }
      return Optional.of(
          watch.isShutDown()
              ? new Outcome.ShutDown(watch.hasCrashedBefore())
              : new Outcome.Alive(watch.hasCrashedBefore()));
    }
  }

  private Outcome arm(Crash crash, CrashWatch watch, Set<RequesterId> devices) throws IOException {
    List<AddressRange> ranges = crash.crashRanges();
    Optional<Finding> before = takenOver(crash.before(), Since.CRASH);
    if (before.isPresent()) {
      return new Outcome.TakenOver(Verdict.of(List.of(before.get())));
    }
    ENDS.forEach(event -> guest.qmp().takeEvent(event));
    try (OutsideHand hand = OutsideHand.on(guest, journalDirectory, GuestLife.DEAD)) {
      Crash asArmed = crash.withSigns(watch.blockedRequests());
      ArmResult result = hand.armDead(ranges, devices, watch.spareMemory(), List.of());
      Duration resumedAfter = Duration.ofNanos(System.nanoTime() - crash.noticedNanos());
      return switch (result) {
        case ArmResult.Done done ->
            ready(asArmed, done, resumedAfter, hand.judge(ranges, devices, false));
        case Refused refused -> new Outcome.NotArmed(refused);
      };
    }
  }

  private Outcome ready(Crash crash, ArmResult.Done done, Duration resumedAfter, Judgement tables)
      throws IOException {
    List<Finding> findings = new ArrayList<>(tables.verdict().findings());
    if (!crash.lateSigns().isEmpty()) {
      findings.add(late(crash.lateSigns()));
    }
    progress.accept("armed; looks at what the capture kernel does");
    findings.addAll(afterwards(crash.before(), done.plan()));
    CaptureKernel capture =
        findings.stream().anyMatch(WhenCrashed::isTranslatingStill)
            ? new CaptureKernel(tables.capture().mode(), State.TOOK_OVER, "")
            : tables.capture();
    Judgement judged = new Judgement(tables.machine(), Verdict.of(findings), capture);
    return new Outcome.Ready(done, judged, resumedAfter);
  }

  /** Looks until the guest ends or begins anew, and for {@link #LOOK_FOR} at most. */
  private List<Finding> afterwards(UnitState before, ArmingPlan plan) throws IOException {
    long startNanos = System.nanoTime();
    while (System.nanoTime() - startNanos < LOOK_FOR.toNanos()) {
      Optional<Finding> found = Optional.empty();
      try {
        found = takenOver(before, Since.ARMING).or(() -> overwritten(plan));
        Thread.sleep(LOOK_EVERY);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return List.of();
      } catch (IOException e) {
        // QEMU has ended; until then all was as it should be.
        return List.of();
      }
      if (ENDS.stream().anyMatch(event -> guest.qmp().takeEvent(event).isPresent())) {
        // What was found may be the firmware's work.
        return List.of();
      }
      if (found.isPresent()) {
        return List.of(found.get());
      }
    }
    return List.of();
  }

  private Optional<Finding> takenOver(UnitState before, Since when) throws IOException {
    UnitState now = guest.unitState();
    if (now.translation() == before.translation() && now.rootAddress() == before.rootAddress()) {
      return Optional.empty();
    }
    return Optional.of(
        Aftermath.touched(
            List.of(
                new DeviceTablesMoved(
                    when, before.rootAddress(), now.rootAddress(), now.translation()))));
  }

  /** A kernel that copies the old tables never stops translating; one that cannot does. */
  private static boolean isTranslatingStill(Finding finding) {
    return finding.evidence().stream()
        .anyMatch(e ->
            e instanceof DeviceTablesMoved moved
                && moved.when() == Since.ARMING
                && moved.translation() == Translation.TRANSLATES);
  }

  /** The capture kernel was to leave new table pages alone. */
  private Optional<Finding> overwritten(ArmingPlan plan) {
    return plan.stores().stream()
        .filter(store -> plan.newPages().stream().anyMatch(p -> p.contains(store.address())))
        .filter(store -> guest.memory().readLong(store.address()) != store.after())
        .findFirst()
        .map(store ->
            Finding.broken(
                FindingCode.A1,
                new NewTablePage(store.address()),
                List.of(
                    new WordChanged(
                        store.address(), store.after(), guest.memory().readLong(store.address())),
                    Fact.CAPTURE_KERNEL_USES_PAGE),
                Step.USE_LATER_KERNEL));
  }

  private static Finding late(List<Evidence> signs) {
    return Finding.unknown(
        FindingCode.A1, Part.CAPTURE_KERNEL, signs, Step.WATCH_EARLIER, Step.DUMP_FROM_HOST);
  }

  @Override
  public void close() {
    guest.close();
    qmp.close();
  }
}
