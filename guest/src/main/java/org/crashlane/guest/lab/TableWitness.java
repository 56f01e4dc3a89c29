// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crashlane.arming.MemoryHand;
import org.crashlane.arming.PlanRequest;
import org.crashlane.arming.PlanResult;
import org.crashlane.arming.Planner;
import org.crashlane.arming.Refused;
import org.crashlane.arming.Target;
import org.crashlane.guest.live.LiveGuest;
import org.crashlane.iommu.Attachment.Translated;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.Vendor;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.machine.Device;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rule.KdumpIoRule;
import org.crashlane.rule.Verdict;

/**
 * Attends the guest right before it crashes: arms it where the outside hand is rehearsed, has the
 * rule judge the tables as they then stand, and has the judge of the dump compare their pages too.
 */
final class TableWitness implements LabHook, AutoCloseable {
  private final Scenario scenario;
  private final DiskKind disk;
  private final Path journals;
  private Optional<Verdict> verdict = Optional.empty();

  TableWitness(Scenario scenario, DiskKind disk) throws IOException {
    this.scenario = scenario;
    this.disk = disk;
    this.journals = Files.createTempDirectory("crashlane-journal");
  }

  @Override
  public void beforeCrash(RunningGuest guest) throws IOException {
    try (LiveGuest live = LiveGuest.attach(guest.qmpSocket())) {
      TranslationTables tables = Vendor.VTD.open(live.memory(), live.vtdRegisters());
      if (scenario.hand().equals(Optional.of(HandKind.OUTSIDE))) {
        arm(guest, live, tables);
      }
      verdict = Optional.of(KdumpIoRule.judge(machine(guest), tables));
      tables.deviceTablePages().forEach(page -> guest.alsoCompare(page.first()));
      for (TableId table : tableIds(tables)) {
        tables.walk(table, new PageCollector(guest));
      }
    }
  }

  private void arm(RunningGuest guest, LiveGuest live, TranslationTables tables)
      throws IOException {
    Target target = new Target("the rehearsal's guest", live.memoryFile().toString());
    PlanRequest request =
        new PlanRequest(target, guest.facts().crashRanges(), Set.of(), Optional.of(guest.arena()));
    switch (Planner.plan(tables, live.memory(), request)) {
      case Refused refused -> throw notArmed(refused);
      case PlanResult.Planned planned -> {
        MemoryHand hand = new MemoryHand(target, live.memory(), tables, journals);
        if (hand.arm(planned.plan()) instanceof Refused refused) {
          throw notArmed(refused);
        }
      }
    }
  }

  private static IOException notArmed(Refused refused) {
    String reasons =
        refused.reasons().stream().map(Object::toString).collect(Collectors.joining("; "));
    return new IOException("the rehearsal's guest cannot be armed: " + reasons);
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
                    d.driver().filter(disk.drivers().getFirst()::equals).isPresent()))
            .toList();
    return new Machine(guest.facts().ram(), guest.facts().crashRanges(), devices);
  }

  private static Set<TableId> tableIds(TranslationTables tables) {
    return tables.attachments().stream()
        .filter(Translated.class::isInstance)
        .map(a -> ((Translated) a).table())
        .collect(Collectors.toSet());
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> files = Files.walk(journals)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Has the pages of a table compared: they do not change until the kernel dies. */
  private record PageCollector(RunningGuest guest) implements WalkVisitor {
    @Override
    public void mapping(
        long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
      // only the pages are of interest
    }

    @Override
    public void malformed(Malformation malformation) {
      // the rule's own walk says so
    }

    @Override
    public void tablePage(long address, int level) {
      if (guest.memory().exists(AddressRange.ofSize(address, 4096))) {
        guest.alsoCompare(address);
      }
    }
  }
}
