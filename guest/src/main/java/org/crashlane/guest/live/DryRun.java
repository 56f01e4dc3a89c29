// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.crashlane.arming.ArmingPlan;
import org.crashlane.arming.ArmingPlan.Note;
import org.crashlane.arming.MemoryHand;
import org.crashlane.arming.PlanRequest;
import org.crashlane.arming.PlanResult;
import org.crashlane.arming.Planner;
import org.crashlane.arming.Refusal;
import org.crashlane.arming.Refusal.Kind;
import org.crashlane.arming.Refused;
import org.crashlane.arming.Target;
import org.crashlane.guest.live.OutsideHand.Judgement;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.Window;
import org.crashlane.machine.Source.Aspect;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.DraftMemory;
import org.crashlane.memory.Store;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Obstacle.Earlier;
import org.crashlane.rule.Obstacle.EarlierState;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Subject.Part;

/**
 * What arming a living guest would write if it crashed now, and the rule's verdict before and after
 * that. Nothing is written: not to the guest, and no journal, and no directory is made. The guest
 * is paused as {@link GuestReader#walk} pauses it.
 */
public final class DryRun {
  private final LiveGuest guest;
  private final Target target;
  private final Path journalDirectory;
  private final Request request;

  private DryRun(LiveGuest guest, Path journalDirectory, Request request) throws IOException {
    this.guest = guest;
    this.target = Target.ofFile(guest.memoryFile());
    this.journalDirectory = journalDirectory;
    this.request = request;
  }

  /**
   * What is to be armed.
   *
   * @param crashRanges whole pages of 4 KiB; found by a loaded capture kernel if empty
   * @param devices only these; all that are translated if empty
   * @param arena memory that neither kernel uses, for new table pages; found if not given
   * @param interruptSources as for {@link OutsideHand#arm}
   */
  public record Request(
      List<AddressRange> crashRanges,
      Set<RequesterId> devices,
      Optional<AddressRange> arena,
      List<RequesterId> interruptSources) {
    public Request {
      crashRanges = List.copyOf(crashRanges);
      devices = Set.copyOf(devices);
      interruptSources = List.copyOf(interruptSources);
    }
  }

  /** What arming would come to. */
  public sealed interface Result {
    /**
     * It can be armed.
     *
     * @param plan what would be written; no stores if nothing has to be
     * @param now the guest as it was judged, and the rule's verdict on the tables as they are
     * @param armed the verdict on the tables as they would be
     */
    record Possible(ArmingPlan plan, Judgement now, Judgement armed) implements Result {}

    /**
     * It would be refused.
     *
     * @param refused why
     * @param now as above
     */
    record NotPossible(Refused refused, Judgement now) implements Result {}
  }

  /**
   * Plans, and judges.
   *
   * @param journalDirectory where an earlier arming would have its journal; need not exist
   * @throws IOException if the guest cannot be read, or no crash range is given or found
   */
  public static Result of(LiveGuest guest, Path journalDirectory, Request request)
      throws IOException {
    return new DryRun(guest, journalDirectory, request).run();
  }

  private Result run() throws IOException {
    // To close what reads the memory's files gives up the lock on them: not before the end.
    try (SparingReader memory = guest.sparingReader()) {
      List<CaptureImage> images =
          request.crashRanges().isEmpty()
              ? CaptureImage.findAll(memory)
              : CaptureImage.findIn(memory, request.crashRanges());
      List<AddressRange> ranges = crashRanges(images);
      GuestJudge judge = new GuestJudge(guest, GuestLife.LIVING, ranges, request.devices());
      List<Refusal> against =
          CrashWatch.isRunning(guest, memory, images)
              ? List.of(crashed())
              : CrashRangeSigns.against(guest, ranges, true);
      if (guest.findIommu().isEmpty()) {
        Judgement now = sourced(judge.judgeWithoutTables());
        return against.isEmpty()
            ? new Result.Possible(withoutIommu(ranges), now, now)
            : new Result.NotPossible(new Refused(against), now);
      }
      SpareMemory spare =
          new SpareMemory(
              memory,
              images.isEmpty()
                  ? memory.ranges()
                  : images.stream().flatMap(i -> i.header().memory().stream()).distinct().toList());
      return GuestTables.whileStopped(
          guest,
          target,
          StopMark.runtimeFolders(),
          (stopped, tables) ->
              look(
                  judge,
                  stopped,
                  tables,
                  against.isEmpty() ? plan(ranges, tables, spare) : new Refused(against)));
    }
  }

  private List<AddressRange> crashRanges(List<CaptureImage> images) throws IOException {
    if (!request.crashRanges().isEmpty()) {
      return request.crashRanges();
    }
    List<List<AddressRange>> found =
        images.stream().map(CaptureImage::crashRanges).distinct().toList();
    if (found.size() != 1) {
      throw new IOException(
          "%s: %s; --crash-range names the crash range"
              .formatted(
                  guest.qmp().socket(),
                  found.isEmpty()
                      ? "no capture kernel that crashlane recognises is loaded (in the guest: cat"
                          + " /sys/kernel/kexec_crash_loaded; it is loaded by kexec -p or the kdump"
                          + " service)"
                      : "several crash ranges are found, as by earlier boots: " + found));
    }
    return found.getFirst();
  }

  private static Refusal crashed() {
    return new Refusal(
        Kind.CRASHED,
        Part.PRIMARY_KERNEL,
        List.of(Fact.CAPTURE_KERNEL_RUNS),
        List.of(Step.DUMP_FROM_HOST, Step.REBIND_DISK));
  }

  private ArmingPlan withoutIommu(List<AddressRange> ranges) {
    return new ArmingPlan(
        target,
        Window.ofCrashRanges(ranges),
        List.of(),
        List.of(),
        List.of(),
        List.of(new Note(Part.IOMMU, Fact.NO_IOMMU)));
  }

  private PlanResult plan(List<AddressRange> ranges, TranslationTables tables, SpareMemory spare)
      throws IOException {
    MemoryHand hand = new MemoryHand(target, guest.memory(), tables, journalDirectory);
    PlanRequest wanted =
        new PlanRequest(
            target,
            Window.ofCrashRanges(ranges),
            OutsideHand.requesters(guest, request.devices()),
            request.arena(),
            hand.earlier());
    PlanResult result =
        OutsideHand.withInterrupts(
            request.arena().isPresent()
                ? Planner.plan(tables, guest.memory(), wanted)
                : spare.plan(wanted, tables, guest.memory()),
            tables,
            request.interruptSources());
    Optional<Refused> earlier = hand.standing();
    if (earlier.isEmpty()) {
      return result;
    }
    return result instanceof PlanResult.Planned(ArmingPlan plan) && plan.stores().isEmpty()
        ? new PlanResult.Planned(
            plan.withNote(
                new Note(
                    Part.ARMING, new Earlier(EarlierState.ARMED, journalDirectory.toString()))))
        : earlier.get();
  }

  private Result look(
      GuestJudge judge, StoppedTables stopped, TranslationTables tables, PlanResult planned)
      throws IOException {
    Judgement now = judged(judge, stopped, tables);
    return switch (planned) {
      case Refused refused -> new Result.NotPossible(refused, now);
      case PlanResult.Planned(ArmingPlan plan) -> {
        DraftMemory draft = DraftMemory.over(guest.memory());
        for (Store store : plan.stores()) {
          draft.writeLong(store.address(), store.after());
        }
        yield new Result.Possible(plan, now, judged(judge, stopped, guest.tables(draft)));
      }
    };
  }

  private Judgement judged(GuestJudge judge, StoppedTables stopped, TranslationTables tables)
      throws IOException {
    Judgement judged = sourced(judge.judge(tables));
    return stopped.readWhileRunning() ? judged.with(List.of(GuestJudge.unstopped())) : judged;
  }

  private Judgement sourced(Judgement judged) {
    return request.crashRanges().isEmpty()
        ? new Judgement(
            judged.machine().from(Aspect.CRASH_RANGES, GuestJudge.CORE_HEADER),
            judged.verdict(),
            judged.capture())
        : judged;
  }
}
