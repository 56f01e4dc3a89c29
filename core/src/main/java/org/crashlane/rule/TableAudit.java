// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;

/** One walk over one table, with all that the rule asks of it. */
final class TableAudit implements WalkVisitor {
  private final Machine machine;
  private final List<CrashRangeCoverage> coverages;
  private final Pieces<Mapping> reachingIn = new Pieces<>();
  private final Pieces<Mapping> onCrashPages = new Pieces<>();
  private final Pieces<Mapping> leftovers = new Pieces<>();
  private final Pieces<AddressRange> leftoverIovasInRam = new Pieces<>();
  private final Pieces<Malformation> malformed = new Pieces<>();
  private final Pieces<Malformation> unread = new Pieces<>();
  private final boolean[] unreadIn;
  private final Deque<AddressRange> untouched;
  private final AuditBudget budget;

  /**
   * @param untouched the IOVAs that pass without an entry
   * @param budget what this walk and all others of the judgement may cost
   */
  TableAudit(Machine machine, List<AddressRange> untouched, AuditBudget budget) {
    this.untouched = new ArrayDeque<>(untouched);
    this.machine = machine;
    this.budget = budget;
    this.unreadIn = new boolean[machine.crashRanges().size()];
    this.coverages = machine.crashRanges().stream().map(CrashRangeCoverage::new).toList();
  }

  @Override
  public void mapping(long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
    budget.mapping();
    Mapping mapping =
        new Mapping(new AddressRange(iovaFirst, iovaLast), physicalFirst, permissions);
    passUntouchedBelow(iovaFirst);
    coverages.forEach(c -> c.mapping(mapping));
    boolean onCrashPage = machine.crashRanges().stream().anyMatch(mapping.physical()::overlaps);
    if (onCrashPage) {
      onCrashPages.add(mapping, mapping.iova().sizeBytes());
    }
    if (mapping.isIdentity()) {
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

  @Override
  public void malformed(Malformation malformation) {
    if (malformation.isUnread()) {
      unread.add(malformation, 0);
      for (int i = 0; i < unreadIn.length; i++) {
        unreadIn[i] |= malformation.mayServe(machine.crashRanges().get(i));
      }
    } else {
      malformed.add(malformation, 0);
    }
  }

  @Override
  public void tablePage(long address, int level) {
    budget.tablePage(address);
  }

  @Override
  public boolean isEnough() {
    return budget.isSpent();
  }

  /** To be covered is all that untouched ranges are good for: nobody mapped anything there. */
  private void passUntouchedBelow(long iova) {
    while (!untouched.isEmpty() && Long.compareUnsigned(untouched.peek().first(), iova) < 0) {
      coverUntouched(untouched.pop());
    }
  }

  private void coverUntouched(AddressRange range) {
    Mapping asIs = new Mapping(range, range.first(), Permissions.READ_WRITE);
    coverages.forEach(c -> c.mapping(asIs));
  }

  void end() {
    untouched.forEach(this::coverUntouched);
    coverages.forEach(CrashRangeCoverage::end);
  }

  /** {@return true if something of {@code crashRange} could not be looked at} */
  boolean isUnreadIn(AddressRange crashRange) {
    return budget.isSpent() || unreadIn[machine.crashRanges().indexOf(crashRange)];
  }

  List<CrashRangeCoverage> coverages() {
    return coverages;
  }

  /** {@return mappings that lead a device into a crash range from elsewhere} */
  Pieces<Mapping> reachingIn() {
    return reachingIn;
  }

  /** {@return mappings of pages of a crash range, identity or not} */
  Pieces<Mapping> onCrashPages() {
    return onCrashPages;
  }

  /** {@return all mappings whose IOVA is not their physical address} */
  Pieces<Mapping> leftovers() {
    return leftovers;
  }

  /** {@return IOVAs of these that are numerically addresses of memory} */
  Pieces<AddressRange> leftoverIovasInRam() {
    return leftoverIovasInRam;
  }

  /** {@return entries that hardware would fault on} */
  Pieces<Malformation> malformed() {
    return malformed;
  }

  /** {@return entries behind which the walk could not look} */
  Pieces<Malformation> unread() {
    return unread;
  }
}
