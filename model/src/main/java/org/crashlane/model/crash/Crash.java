// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
    CrashPlan plan = world.plan();
    MachineSpec machine = plan.machine();
    List<AddressRange> needed =
        plan.armed().equals(machine.windows()) ? machine.crashRanges() : plan.captureMemory();
    List<UnitTables> units = world.remapper().tables(machine, world.memory());
    if (units.isEmpty()) {
      List<Finding> findings = new ArrayList<>();
      refusedTable(machine).ifPresent(findings::add);
      findings.addAll(KdumpIoRule.judge(known(plan, needed, machine.devices())).findings());
      return Verdict.of(findings);
    }
    List<JudgedUnit> judged =
        units.stream()
            .map(unit -> new JudgedUnit(known(plan, needed, unit.devices()), unit.tables()))
            .toList();
    List<Finding> findings =
        new ArrayList<>(KdumpIoRule.judge(judged, AuditLimits.DEFAULT).findings());
    underApertures(world).ifPresent(findings::add);
    return Verdict.of(findings);
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
  private static Optional<Finding> underApertures(World world) {
    List<AddressRange> dumped =
        Ranges.without(world.plan().machine().ram(), world.plan().leftOut());
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

  private static Machine known(
      CrashPlan plan, List<AddressRange> crashRanges, List<DeviceSpec> devices) {
    MachineSpec machine = plan.machine();
    Machine known = machine.known();
    return new Machine(
        known.memory(),
        crashRanges,
        known.units(),
        devices.stream().map(DeviceSpec::device).toList(),
        known.firmwareRegions(),
        known.interrupts(),
        Modes.of(machine.mode()).captureNeeds(machine, plan.strategy()),
        known.sources());
  }
}
