// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crashlane.arming.ArmResult;
import org.crashlane.arming.ArmResult.Done;
import org.crashlane.arming.Refused;
import org.crashlane.guest.lab.iommu.LabIommu;
import org.crashlane.guest.lab.net.NetworkCard;
import org.crashlane.guest.live.CrashWatch;
import org.crashlane.guest.live.CrashWatch.Crash;
import org.crashlane.guest.live.GuestLife;
import org.crashlane.guest.live.LiveGuest;
import org.crashlane.guest.live.OutsideHand;
import org.crashlane.guest.live.PciFunction;
import org.crashlane.guest.live.SpareMemory;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.interrupt.Interrupts;
import org.crashlane.interrupt.Processors;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.machine.Device;
import org.crashlane.machine.Device.Binding;
import org.crashlane.machine.DmaMasks;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.KdumpIoRule;
import org.crashlane.rule.Subject;
import org.crashlane.rule.Subject.Requesters;
import org.crashlane.rule.Verdict;

/**
 * Attends the guest right before it crashes, or while it does: arms it where a hand from outside is
 * rehearsed, has the rule judge the tables as they then stand, and has the judge of the dump
 * compare the device tables too.
 */
final class TableWitness implements LabHook {
  private final Scenario scenario;
  private final GuestConfig config;
  private final LabIommu iommu;

  /** What of the dump path needed no arming. */
  private final List<Finding> unarmed = new ArrayList<>();

  private Optional<Verdict> verdict = Optional.empty();
  private Optional<CrashWatch> watch = Optional.empty();

  TableWitness(Scenario scenario, GuestConfig config) {
    this.scenario = scenario;
    this.config = config;
    this.iommu = config.iommu();
  }

  @Override
  public void beforeCrash(RunningGuest guest) throws IOException {
    Machine machine = machine(guest);
    LiveGuest live = guest.live();
    if (armsBy(HandKind.WHEN_CRASHED)) {
      watch = Optional.of(CrashWatch.of(live, List.of(), _ -> {}));
    } else {
      prepare(guest, machine);
      judge(machine, live);
    }
    // Page tables below them change with every transfer until the very end.
    live.tables().devices().pages().forEach(page -> guest.alsoCompare(page.first()));
  }

  /** The capture kernel's accesses to the IOMMU are traced, and this hand's must not be. */
  @Override
  public void whileCrashing(RunningGuest guest) throws IOException {
    if (watch.isEmpty()) {
      return;
    }
    try (CrashWatch watching = watch.get()) {
      Crash crash =
          watching
              .await(PhaseLimits.CRASH)
              .orElseThrow(() -> new IOException("the guest's crash was not noticed"));
      QmpClient qmp = guest.live().qmp();
      qmp.stop();
      trace(qmp, false);
      armDead(guest, crash, watching.spareMemory());
      trace(qmp, true);
      qmp.cont();
    }
  }

  private void armDead(RunningGuest guest, Crash crash, SpareMemory spare) throws IOException {
    Machine machine = machine(guest);
    List<RequesterId> sources = config.interruptsPrepared() ? sources(machine) : List.of();
    try (OutsideHand hand =
        OutsideHand.on(guest.live(), guest.scratch().resolve("journals"), GuestLife.DEAD)) {
      requireArmed(hand.armDead(crash.crashRanges(), Set.of(), spare, sources), machine);
    }
    judge(machine, guest.live());
  }

  private void trace(QmpClient qmp, boolean enabled) throws IOException {
    for (String event : QemuCommandLine.tracedFromCrash(config)) {
      qmp.execute("trace-event-set-state", Map.of("name", event, "enable", enabled));
    }
  }

  private void judge(Machine machine, LiveGuest live) throws IOException {
    TranslationTables tables = live.tables();
    List<Finding> findings = new ArrayList<>(KdumpIoRule.judge(machine, tables).findings());
    findings.addAll(unarmed);
    verdict = Optional.of(Verdict.of(findings));
  }

  private boolean armsBy(HandKind hand) {
    return scenario.hand().equals(Optional.of(hand));
  }

  private void prepare(RunningGuest guest, Machine machine) throws IOException {
    boolean arms = armsBy(HandKind.OUTSIDE);
    List<RequesterId> sources = config.interruptsPrepared() ? sources(machine) : List.of();
    if (!arms && sources.isEmpty()) {
      return;
    }
    List<AddressRange> ranges = machine.crashRanges();
    try (OutsideHand hand =
        OutsideHand.on(guest.live(), guest.scratch().resolve("journals"), GuestLife.DOOMED)) {
      requireArmed(
          arms
              ? hand.arm(ranges, Set.of(), Optional.of(guest.arena()), sources)
              : hand.prepareInterrupts(ranges, sources),
          machine);
    }
  }

  private void requireArmed(ArmResult result, Machine machine) throws IOException {
    switch (result) {
      case Refused refused -> {
        String reasons =
            refused.reasons().stream()
                .map(r -> r.kind() + " " + r.subject() + " " + r.evidence())
                .collect(Collectors.joining("; "));
        throw new IOException("the rehearsal's guest cannot be armed: " + reasons);
      }
      case Done done ->
          done.plan().notes().stream()
              .filter(note -> note.evidence().contains(Fact.REACHES_AS_IT_IS))
              .filter(note -> isOfDumpPath(note.subject(), machine))
              .map(note -> Finding.note(FindingCode.A1, note.subject(), note.evidence()))
              .forEach(unarmed::add);
    }
  }

  private static boolean isOfDumpPath(Subject subject, Machine machine) {
    return subject instanceof Requesters(List<RequesterId> ids)
        && machine.dumpPath().stream().anyMatch(device -> ids.contains(device.requester()));
  }

  private static List<RequesterId> sources(Machine machine) {
    return Stream.concat(
            machine.interrupts().controllers().stream(),
            machine.dumpPath().stream().map(Device::requester))
        .toList();
  }

  /** {@return the verdict on the tables; there is one once the guest was attended} */
  Verdict verdict() {
    return verdict.orElseThrow(() -> new IllegalStateException("the guest was never attended"));
  }

  /** What the guest said of itself; which ids its devices' requests carry, QEMU says. */
  private Machine machine(RunningGuest guest) throws IOException {
    PrimaryFacts facts = guest.facts();
    Map<RequesterId, PciFunction> functions = new HashMap<>();
    guest.live().pciFunctions().forEach(f -> functions.put(f.requester(), f));
    List<Device> devices =
        facts.devices().stream()
            .map(d -> device(d, Optional.ofNullable(functions.get(d.address().requester()))))
            .toList();
    List<RequesterId> controllers = iommu.ioApics(facts.firmwareTable());
    return new Machine(facts.ram(), facts.crashRanges(), devices)
        .withInterrupts(new Interrupts(Processors.UNKNOWN, controllers));
  }

  private Device device(PrimaryFacts.PciDevice device, Optional<PciFunction> function) {
    String driver = device.driver().orElse("");
    Devices devices = config.hardware().devices();
    boolean takesDump = function.filter(f -> QemuCommandLine.isDumpDevice(devices, f)).isPresent();
    return new Device(
        device.address().requester(),
        function.map(PciFunction::aliases).orElse(List.of()),
        driver.isEmpty() ? "(no driver)" : driver,
        new Binding(driver, device.iommuGroup().orElse(Binding.NO_GROUP)),
        takesDump ? DumpRole.NAMED : DumpRole.NONE,
        DmaMasks.UNKNOWN,
        driver.equals(NetworkCard.HOLDER));
  }
}
