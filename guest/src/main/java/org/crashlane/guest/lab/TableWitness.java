// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crashlane.arming.ArmResult;
import org.crashlane.arming.Refused;
import org.crashlane.guest.lab.iommu.LabIommu;
import org.crashlane.guest.live.GuestLife;
import org.crashlane.guest.live.LiveGuest;
import org.crashlane.guest.live.OutsideHand;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.machine.Device;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rule.KdumpIoRule;
import org.crashlane.rule.Verdict;

/**
 * Attends the guest right before it crashes: arms it where the outside hand is rehearsed, has the
 * rule judge the tables as they then stand, and has the judge of the dump compare the device tables
 * too.
 */
final class TableWitness implements LabHook {
  private final Scenario scenario;
  private final DiskKind disk;
  private final LabIommu iommu;
  private final boolean interruptsPrepared;
  private Optional<Verdict> verdict = Optional.empty();

  TableWitness(Scenario scenario, GuestConfig config) {
    this.scenario = scenario;
    this.disk = config.disk();
    this.iommu = config.iommu();
    this.interruptsPrepared = config.interruptsPrepared();
  }

  @Override
  public void beforeCrash(RunningGuest guest) throws IOException {
    Machine machine = machine(guest);
    prepare(guest, machine);
    LiveGuest live = guest.live();
    TranslationTables tables = live.iommu().tables(live.memory());
    verdict = Optional.of(KdumpIoRule.judge(machine, tables));
    // Page tables below them change with every transfer until the very end.
    tables.deviceTablePages().forEach(page -> guest.alsoCompare(page.first()));
  }

  private void prepare(RunningGuest guest, Machine machine) throws IOException {
    boolean arms = scenario.hand().equals(Optional.of(HandKind.OUTSIDE));
    List<RequesterId> sources = interruptsPrepared ? sources(machine) : List.of();
    if (!arms && sources.isEmpty()) {
      return;
    }
    List<AddressRange> ranges = machine.crashRanges();
    try (OutsideHand hand =
        OutsideHand.on(guest.live(), guest.scratch().resolve("journals"), GuestLife.DOOMED)) {
      ArmResult result =
          arms
              ? hand.arm(ranges, Set.of(), Optional.of(guest.arena()), sources)
              : hand.prepareInterrupts(ranges, sources);
      if (result instanceof Refused refused) {
        String reasons =
            refused.reasons().stream().map(Object::toString).collect(Collectors.joining("; "));
        throw new IOException("the rehearsal's guest cannot be armed: " + reasons);
      }
    }
  }

  private static List<RequesterId> sources(Machine machine) {
    return Stream.concat(
            machine.ioApics().stream(),
            machine.devices().stream().filter(Device::onDumpPath).map(Device::requester))
        .toList();
  }

  /** {@return the verdict on the tables; there is one once the guest was attended} */
  Verdict verdict() {
    return verdict.orElseThrow(() -> new IllegalStateException("the guest was never attended"));
  }

  private Machine machine(RunningGuest guest) {
    List<Device> devices =
        guest.facts().devices().stream()
            .map(d ->
                new Device(
                    d.address().requester(),
                    d.driver().orElse("(no driver)"),
                    d.driver().filter(disk.drivers().getFirst()::equals).isPresent()
                        ? DumpRole.NAMED
                        : DumpRole.NONE))
            .toList();
    return new Machine(
        guest.facts().ram(),
        guest.facts().crashRanges(),
        devices,
        iommu.ioApics(guest.facts().firmwareTable()));
  }
}
