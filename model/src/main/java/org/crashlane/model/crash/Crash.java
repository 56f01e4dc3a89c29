// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.crashlane.machine.LowMemoryNeeds;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Ranges;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.hardware.UnitTables;
import org.crashlane.model.modes.Modes;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.rule.AuditLimits;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.JudgedUnit;
import org.crashlane.rule.KdumpIoRule;
import org.crashlane.rule.Reading.AddressFact;
import org.crashlane.rule.Reading.Addresses;
import org.crashlane.rule.Reading.InTable;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict;

/** Crashes a machine once, from power-on to the end of the dump. */
public final class Crash {
  private final CrashPlan plan;
  private final Background background;

  /**
   * @param background what memory and disks hold at power-on
   */
  public Crash(CrashPlan plan, Background background) {
    this.plan = plan;
    this.background = background;
  }

  /** {@return what comes of a crash after {@code stepCount} steps that {@code seed} decides} */
  public CrashResult random(long seed, int stepCount, Trace trace) {
    World world = World.boot(plan, background, trace);
    List<Verdict> tables = new ArrayList<>();
    Schedule schedule = Schedule.random(world, seed, stepCount, w -> tables.add(judgeTables(w)));
    return CrashResult.of(world, tables.getFirst(), schedule);
  }

  /**
   * {@return what comes of the crashes of all {@code plans} after {@code stepCount} steps that
   * {@code seed} decides, in their order} Until the panic, plans that differ only in what comes
   * after it are run as one.
   */
  public static List<CrashResult> random(
      List<CrashPlan> plans, Background background, long seed, int stepCount) {
    List<CrashResult> results = new ArrayList<>();
    List<Past> pasts = new ArrayList<>();
    for (CrashPlan plan : plans) {
      Past past =
          pasts.stream()
              .filter(p -> p.world.plan().sharesPast(plan))
              .findFirst()
              .orElseGet(() -> {
                Past made = Past.of(plan, background, seed, stepCount);
                pasts.add(made);
                return made;
              });
      results.add(past.crash(plan, seed));
    }
    return results;
  }

  /** A machine whose kernel is about to panic, and what has been judged of it. */
  private record Past(World world, List<Integer> actions, Map<Asked, Verdict> tables) {
    static Past of(CrashPlan plan, Background background, long seed, int stepCount) {
      World world = World.boot(plan, background, Trace.NONE);
      return new Past(world, Schedule.beforePanic(world, seed, stepCount), new HashMap<>());
    }

    CrashResult crash(CrashPlan plan, long seed) {
      World own = world.fork(plan);
      List<Verdict> judged = new ArrayList<>();
      Schedule schedule =
          Schedule.panic(
              own,
              actions,
              seed,
              w -> judged.add(tables.computeIfAbsent(Asked.by(plan), _ -> judgeTables(w))));
      return CrashResult.of(own, judged.getFirst(), schedule);
    }
  }

  /** {@return what comes of a crash after what {@code schedule} says} */
  public CrashResult replay(Schedule schedule, Trace trace) {
    World world = World.boot(plan, background, trace);
    List<Verdict> tables = new ArrayList<>();
    schedule.replay(world, w -> tables.add(judgeTables(w)));
    return CrashResult.of(world, tables.getFirst(), schedule);
  }

  /**
   * {@return the rule's verdict on the tables as they stand, of all units together}
   *
   * <p>Where only part of the crash range is armed, what the capture kernel's buffers come from is
   * asked for, as the proposal has it.
   */
  public static Verdict judgeTables(World world) {
    MachineSpec machine = world.plan().machine();
    Asked asked = Asked.by(world.plan());
    List<UnitTables> units = world.remapper().tables(machine, world.memory());
    if (units.isEmpty()) {
      List<Finding> findings = new ArrayList<>();
      refusedTable(machine).ifPresent(findings::add);
      findings.addAll(KdumpIoRule.judge(known(machine, asked, machine.devices())).findings());
      return Verdict.of(findings);
    }
    List<JudgedUnit> judged =
        units.stream()
            .map(unit -> new JudgedUnit(known(machine, asked, unit.devices()), unit.tables()))
            .toList();
    List<Finding> findings =
        new ArrayList<>(KdumpIoRule.judge(judged, AuditLimits.DEFAULT).findings());
    underApertures(world, asked.leftOut()).ifPresent(findings::add);
    return Verdict.of(findings);
  }

  /** All that a plan has to do with the verdict on the tables. */
  private record Asked(
      List<AddressRange> crashRanges, LowMemoryNeeds needs, List<AddressRange> leftOut) {
    static Asked by(CrashPlan plan) {
      MachineSpec machine = plan.machine();
      return new Asked(
          plan.armed().equals(machine.windows()) ? machine.crashRanges() : plan.captureMemory(),
          Modes.of(machine.mode()).captureNeeds(machine, plan.strategy()),
          plan.leftOut());
    }
  }

  private static Optional<Finding> refusedTable(MachineSpec machine) {
    List<Evidence> evidence = new ArrayList<>();
    machine
        .modeSpec()
        .firmware()
        .refusal()
        .forEach(remark ->
            evidence.add(
                new InTable(remark.signature(), remark.place().offset(), remark.place().reason())));
    if (evidence.isEmpty()) {
      return Optional.empty();
    }
    evidence.add(Fact.IOMMU_NOT_USED);
    return Optional.of(
        Finding.note(FindingCode.W1, Part.FIRMWARE_TABLE, evidence, Step.CORRECT_FIRMWARE_TABLE));
  }

  /** What the dump would be read through, rather than from. */
  private static Optional<Finding> underApertures(World world, List<AddressRange> leftOut) {
    List<AddressRange> dumped = Ranges.without(world.plan().machine().ram(), leftOut);
    List<Evidence> evidence = new ArrayList<>();
    for (AddressRange way : world.remapper().inTheWayOfCpus()) {
      for (AddressRange range : dumped) {
        way.intersection(range)
            .ifPresent(r -> evidence.add(new Addresses(AddressFact.READ_THROUGH_APERTURE, r)));
      }
    }
    return evidence.isEmpty()
        ? Optional.empty()
        : Optional.of(
            Finding.broken(FindingCode.D3, Part.CAPTURE_KERNEL, evidence, Step.LEAVE_APERTURE_OUT));
  }

  private static Machine known(MachineSpec machine, Asked asked, List<DeviceSpec> devices) {
    Machine known = machine.known();
    return new Machine(
        known.memory(),
        asked.crashRanges(),
        known.units(),
        devices.stream().map(DeviceSpec::device).toList(),
        known.firmwareRegions(),
        known.interrupts(),
        asked.needs(),
        known.sources());
  }
}
