// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.iommu.Window;
import org.crashlane.machine.FirmwareRegion;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.rule.FirmwareRules.Reach;

/** One walk over one table, with all that the rule asks of it. */
final class TableAudit implements WalkVisitor {
  private final Machine machine;
  private final List<WindowCoverage> coverages;
  private final List<WindowCoverage> encrypted;
  private final Examples<Mapping> reachingIn = new Examples<>();
  private final Examples<Mapping> onCrashPages = new Examples<>();
  private final Examples<Mapping> leftovers = new Examples<>();
  private final Examples<AddressRange> leftoverIovasInRam = new Examples<>();
  private final Examples<Malformation> malformed = new Examples<>();
  private final Examples<Malformation> unread = new Examples<>();
  private final Set<AddressRange> unreadIn = new HashSet<>();

  /** What firmware's regions have of crash ranges, and whether requests there get to its pages. */
  private final Map<FirmwareRegion, Reach> firmware = new LinkedHashMap<>();

  private final Deque<AddressRange> bypassed;
  private long unsettledCount;
  private final AuditBudget budget;

  /**
   * @param bypassed the IOVAs that pass without an entry
   * @param budget what this walk and all others of the judgement may cost
   */
  TableAudit(Machine machine, List<AddressRange> bypassed, AuditBudget budget) {
    this.bypassed = new ArrayDeque<>(bypassed);
    this.machine = machine;
    this.budget = budget;
    this.coverages = machine.windows().stream().map(WindowCoverage::new).toList();
    FirmwareRules.inCrashRange(machine).forEach(r -> firmware.put(r, Reach.KEPT_OUT));
    long mask = machine.encryption().addressMask();
    this.encrypted =
        mask == 0
            ? List.of()
            : machine.crashRanges().stream().map(crash -> withBit(crash, mask)).toList();
  }

  private static WindowCoverage withBit(AddressRange crash, long mask) {
    AddressRange iovas = new AddressRange(crash.first() | mask, crash.last() | mask);
    return new WindowCoverage(Window.ofCrashRange(iovas), mask);
  }

  @Override
  public void mapping(long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
    budget.mapping();
    Mapping mapping = Mapping.of(iovaFirst, iovaLast, physicalFirst, permissions);
    passUntouchedBelow(iovaFirst);
    coverages.forEach(c -> c.mapping(mapping));
    encrypted.forEach(c -> c.mapping(mapping));
    boolean onCrashPage = machine.crashRanges().stream().anyMatch(mapping.physical()::overlaps);
    if (onCrashPage) {
      onCrashPages.add(mapping, mapping.iova().sizeBytes());
      firmware.keySet().stream()
          .filter(region -> reaches(mapping, region))
          .forEach(region -> firmware.put(region, Reach.REACHED));
    }
    if (mapping.isIdentity() || isEncryptedIdentity(mapping)) {
      return;
    }
    leftovers.add(mapping, mapping.iova().sizeBytes());
    if (onCrashPage) {
      reachingIn.add(mapping, mapping.iova().sizeBytes());
    }
    for (AddressRange ram : machine.ram()) {
      mapping
          .iova()
          .intersection(ram)
          .ifPresent(inRam -> leftoverIovasInRam.add(inRam, inRam.sizeBytes()));
    }
  }

  /** {@return true if requests in {@code region} get by {@code mapping} to crash pages} */
  private boolean reaches(Mapping mapping, FirmwareRegion region) {
    return mapping
        .iova()
        .intersection(region.range())
        .map(part ->
            AddressRange.ofSize(
                mapping.physicalFirst() + (part.first() - mapping.iova().first()),
                part.sizeBytes()))
        .filter(pages -> machine.crashRanges().stream().anyMatch(pages::overlaps))
        .isPresent();
  }

  /** Devices of a host with encrypted memory are given addresses with the bit that says so. */
  private boolean isEncryptedIdentity(Mapping mapping) {
    long mask = machine.encryption().addressMask();
    return (mapping.iova().first() & mask) != 0
        && mapping.physicalFirst() == (mapping.iova().first() & ~mask);
  }

  /** {@return takes entries that serve no mapping, if they lead into a crash range all the same} */
  WalkVisitor leftOut() {
    return new WalkVisitor() {
      @Override
      public void mapping(
          long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
        Mapping mapping = Mapping.of(iovaFirst, iovaLast, physicalFirst, permissions);
        if (machine.crashRanges().stream().anyMatch(mapping.physical()::overlaps)) {
          onCrashPages.add(mapping, mapping.iova().sizeBytes());
          reachingIn.add(mapping, mapping.iova().sizeBytes());
        }
      }

      @Override
      public void malformed(Malformation malformation) {
        TableAudit.this.malformed(malformation);
      }
    };
  }

  @Override
  public void malformed(Malformation malformation) {
    if (malformation.isUnread()) {
      unread.add(malformation, 0);
      unsettledCount += malformation.kind() == Malformation.Kind.UNSETTLED ? 1 : 0;
      coverages.stream()
          .map(coverage -> coverage.window().range())
          .filter(malformation::mayServe)
          .forEach(unreadIn::add);
      firmware.replaceAll((region, reach) ->
          malformation.mayServe(region.range()) ? reach.or(Reach.NOT_KNOWN) : reach);
    } else {
      malformed.add(malformation, 0);
    }
  }

  @Override
  public void tablePage(long address, long sizeBytes, int level) {
    budget.table(address, sizeBytes);
  }

  @Override
  public boolean isEnough() {
    return budget.isSpent();
  }

  /** To be covered is all that bypassed ranges are good for: nobody mapped anything there. */
  private void passUntouchedBelow(long iova) {
    while (!bypassed.isEmpty() && Long.compareUnsigned(bypassed.peek().first(), iova) < 0) {
      coverBypassed(bypassed.pop());
    }
  }

  private void coverBypassed(AddressRange range) {
    coverages.forEach(c -> c.bypassed(range));
  }

  void end() {
    bypassed.forEach(this::coverBypassed);
    coverages.forEach(WindowCoverage::end);
    encrypted.forEach(WindowCoverage::end);
  }

  /** {@return true if something of {@code window} could not be looked at} */
  boolean isUnreadIn(Window window) {
    return budget.isSpent() || unreadIn.contains(window.range());
  }

  /** {@return what requests in {@code region}, which overlaps a crash range, get through to} */
  Reach reach(FirmwareRegion region) {
    Reach found = firmware.getOrDefault(region, Reach.KEPT_OUT);
    return budget.isSpent() ? found.or(Reach.NOT_KNOWN) : found;
  }

  List<WindowCoverage> coverages() {
    return coverages;
  }

  /** {@return the same at addresses with the memory encryption bit; none where there is none} */
  List<WindowCoverage> encrypted() {
    return encrypted;
  }

  /** {@return true if all windows are reached at their own addresses} */
  boolean isArmed() {
    return coverages.stream().allMatch(WindowCoverage::isWhole);
  }

  /** {@return mappings that lead a device into a crash range from elsewhere} */
  Examples<Mapping> reachingIn() {
    return reachingIn;
  }

  /** {@return mappings of pages of a crash range, identity or not} */
  Examples<Mapping> onCrashPages() {
    return onCrashPages;
  }

  /** {@return all mappings whose IOVA is not their physical address} */
  Examples<Mapping> leftovers() {
    return leftovers;
  }

  /** {@return IOVAs of these that are numerically addresses of memory} */
  Examples<AddressRange> leftoverIovasInRam() {
    return leftoverIovasInRam;
  }

  /** {@return entries that hardware would fault on} */
  Examples<Malformation> malformed() {
    return malformed;
  }

  /** {@return true if all of these were read, and what hardware makes of them is not settled} */
  boolean isAllUnsettled() {
    return unsettledCount == unread.count();
  }

  /** {@return entries behind which the walk could not look} */
  Examples<Malformation> unread() {
    return unread;
  }
}
