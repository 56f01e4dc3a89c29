// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.crashlane.iommu.DeviceTables;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.Window;
import org.crashlane.machine.Device;
import org.crashlane.machine.FirmwareRegion;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.FirmwareRules.Reach;
import org.crashlane.rule.Reading.AddressFact;
import org.crashlane.rule.Reading.Addresses;
import org.crashlane.rule.Reading.Entry;
import org.crashlane.rule.Reading.Leftovers;
import org.crashlane.rule.Reading.Mapped;
import org.crashlane.rule.Reading.Spent;
import org.crashlane.rule.Reading.TablePage;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Subject.AddressSpace;
import org.crashlane.rule.Subject.Part;

/**
 * What the rule asks of each address space: A1, A2, A4, A6 for the dump path, G1 for guests, L1 to
 * L3 for all.
 */
final class TableRules {
  private final Machine machine;
  private final TranslationTables tables;
  private final FindingList findings;
  private final AuditLimits limits;
  private final EncryptionRules encryption;
  private final Map<RequesterId, TableAudit> audits = new HashMap<>();
  private Map<DevicePath, List<RequesterId>> paths = Map.of();
  private long[] pages = new long[0];
  private boolean isSpent;

  TableRules(Machine machine, TranslationTables tables, FindingList findings, AuditLimits limits) {
    this.machine = machine;
    this.tables = tables;
    this.findings = findings;
    this.limits = limits;
    this.encryption = new EncryptionRules(machine, tables, findings);
  }

  /**
   * Judges every way once.
   *
   * @param users who goes it
   * @param devices the device tables
   */
  void judge(Map<DevicePath, List<RequesterId>> users, DeviceTables devices) {
    paths = users;
    AuditBudget budget = new AuditBudget(limits);
    users.forEach((path, requesters) -> judgePath(path, requesters, budget));
    pages = tablePages(devices, budget);
    machine.crashRanges().forEach(this::judgePlace);
    isSpent = budget.isSpent();
  }

  /** Judges where the interrupt tables stand: all there is to an IOMMU that translates nothing. */
  void judgePlaces() {
    pages = interruptTablePages().toArray();
    machine.crashRanges().forEach(this::judgePlace);
  }

  /** {@return all pages that this unit's tables were found to be made of} */
  LongStream pages() {
    return Arrays.stream(pages);
  }

  /**
   * Judges who may write tables, of this unit or of another.
   *
   * @param allPages the pages of all tables there are, sorted
   */
  void judgeWriters(long[] allPages) {
    AuditBudget budget = new AuditBudget(limits);
    paths.forEach((path, requesters) ->
        judgeWriters(subject(path, requesters), path, new WriteCheck(allPages, budget)));
    if (isSpent || budget.isSpent()) {
      findings.cannotTell(
          FindingCode.L3, Part.IOMMU_TABLES, List.of(new Spent(limits)), Step.RAISE_LIMITS);
    }
  }

  /** {@return what requests of {@code requester}, which is translated, in {@code region} reach} */
  Reach reach(RequesterId requester, FirmwareRegion region) {
    return audits.get(requester).reach(region);
  }

  /** {@return true if {@code requester} is translated, and not to the whole crash range} */
  boolean isUnarmed(RequesterId requester) {
    return audits.containsKey(requester) && !audits.get(requester).isArmed();
  }

  private void judgePath(DevicePath path, List<RequesterId> requesters, AuditBudget budget) {
    TableAudit audit = new TableAudit(machine, path.bypassed(), budget);
    path.walk(tables, audit);
    audit.end();
    tables.walkLeftOut(path.table(), audit.leftOut());
    requesters.forEach(requester -> audits.put(requester, audit));
    AddressSpace subject = subject(path, requesters);
    List<Device> onPath = subject.devices();
    Examples<Malformation> unread = audit.unread();
    if (!unread.isEmpty()) {
      FindingCode code = onPath.isEmpty() ? FindingCode.L1 : FindingCode.W1;
      findings.cannotTell(
          code,
          subject,
          unread.evidence(Entry::new),
          audit.isAllUnsettled() ? Step.MAP_BY_SETTLED_ENTRIES : Step.MAKE_READABLE);
    }
    if (!onPath.isEmpty()) {
      judgeCoverage(subject, audit, onPath);
      encryption.judge(subject, path.table(), audit, onPath);
    }
    boolean isGuests = judgeGuests(subject, audit);
    if (onPath.isEmpty() && !isGuests) {
      judgeOthersIdentity(subject, audit);
    }
    judgeLeftovers(subject, audit);
  }

  /** {@return true if a guest's device reaches the crash range, which has been told then} */
  private boolean judgeGuests(AddressSpace space, TableAudit audit) {
    if (audit.onCrashPages().isEmpty()) {
      return false;
    }
    List<Device> guests =
        machine.devices().stream()
            .filter(d -> d.assignedToGuest() && space.users().contains(d.requester()))
            .toList();
    for (Device device : guests) {
      findings.broken(
          FindingCode.G1,
          new AddressSpace(space.table(), List.of(device.requester()), List.of(device)),
          List.of(audit.onCrashPages().first().physical()),
          audit.onCrashPages().evidence(Mapped::new),
          Step.LEAVE_GUEST_OUT);
    }
    return !guests.isEmpty();
  }

  /**
   * L1 for devices that the dump does not need. Of these no crash page has to be mapped. The whole
   * crash range mapped to itself for reading and writing is what arming leaves, which does so for
   * every domain, and what an identity domain of the kernel's has: harmless, since nobody ever
   * started DMA to a page that no allocator hands out. A part of it is neither: somebody mapped
   * just these pages for the device, and may have it write there. Where firmware did, F1 says so.
   */
  private void judgeOthersIdentity(AddressSpace space, TableAudit audit) {
    for (WindowCoverage coverage : audit.coverages()) {
      AddressRange crash = coverage.window().range();
      boolean isFirmwares =
          machine.firmwareRegions().stream()
              .filter(region -> region.range().overlaps(crash))
              .filter(region -> audit.reach(region) == Reach.REACHED)
              .anyMatch(region -> space.users().stream().anyMatch(region::isFor));
      if (!coverage.window().isCrashRange()
          || coverage.mapped().isEmpty()
          || coverage.isWhole()
          || isFirmwares
          || audit.isUnreadIn(coverage.window())) {
        continue;
      }
      List<Evidence> evidence = coverage.mapped().evidence(Mapped::new);
      evidence.add(Fact.PART_OF_CRASH_RANGE_MAPPED);
      findings.broken(
          FindingCode.L1,
          space,
          List.of(coverage.mapped().first().physical()),
          evidence,
          Step.FIND_MAPPER,
          Step.MOVE_CRASH_RANGE);
    }
  }

  private List<Device> onDumpPath(List<RequesterId> requesters) {
    return machine.dumpPath().stream().filter(d -> requesters.contains(d.requester())).toList();
  }

  private AddressSpace subject(DevicePath path, List<RequesterId> requesters) {
    return new AddressSpace(path.table(), requesters, onDumpPath(requesters));
  }

  /** Of a window that none of the devices needs, nothing has to be mapped. */
  private void judgeCoverage(Subject subject, TableAudit audit, List<Device> devices) {
    for (WindowCoverage coverage : audit.coverages()) {
      Window window = coverage.window();
      if (devices.stream().noneMatch(d -> machine.windowsFor(d).contains(window))) {
        continue;
      }
      if (!audit.isUnreadIn(window)) {
        // What was not read may map what seems to be a hole.
        examples(
            new Shortfall(FindingCode.A1, Quantity.BYTES_UNMAPPED, Step.ARM),
            subject,
            window,
            coverage.holes(),
            hole -> new Addresses(AddressFact.HOLE, hole));
      }
      examples(
          new Shortfall(FindingCode.A2, Quantity.BYTES_LACKING_A_RIGHT, Step.ARM),
          subject,
          window,
          coverage.withoutRight(),
          Mapped::new);
      examples(
          new Shortfall(FindingCode.A4, Quantity.BYTES_MAPPED_ELSEWHERE, Step.RESERVE_IOVAS),
          subject,
          window,
          coverage.elsewhere(),
          Mapped::new);
    }
  }

  /** How a crash range may not be served; a doorbell lacks the same under a code of its own. */
  private record Shortfall(FindingCode code, Quantity bytes, Step remedy) {}

  private <T> void examples(
      Shortfall shortfall,
      Subject subject,
      Window window,
      Examples<T> examples,
      Function<T, Evidence> kind) {
    if (examples.isEmpty()) {
      return;
    }
    List<Evidence> evidence = new ArrayList<>();
    evidence.add(new Amount(shortfall.bytes(), examples.bytes(), window.range().sizeBytes()));
    evidence.addAll(examples.evidence(kind));
    findings.broken(
        window.isCrashRange() ? shortfall.code() : FindingCode.A6,
        subject,
        List.of(window.range()),
        evidence,
        window.isCrashRange() ? shortfall.remedy() : Step.MAP_DOORBELL);
  }

  private void judgeLeftovers(Subject subject, TableAudit audit) {
    if (!audit.reachingIn().isEmpty()) {
      findings.broken(
          FindingCode.L1,
          subject,
          List.of(audit.reachingIn().first().physical()),
          audit.reachingIn().evidence(Mapped::new),
          Step.MAP_NO_CRASH_PAGES);
    }
    if (!audit.leftovers().isEmpty()) {
      noteLeftovers(subject, audit.leftovers(), audit.leftoverIovasInRam());
    }
    if (!audit.malformed().isEmpty()) {
      findings.note(
          FindingCode.W1,
          subject,
          List.of(),
          audit.malformed().evidence(Entry::new),
          Step.JUDGED_BY_REST);
    }
  }

  private void noteLeftovers(
      Subject subject, Examples<Mapping> leftovers, Examples<AddressRange> inRam) {
    List<Evidence> evidence = new ArrayList<>();
    evidence.add(new Leftovers(leftovers.count(), leftovers.bytes(), inRam.bytes()));
    evidence.addAll(inRam.evidence(range -> new Addresses(AddressFact.IN_MEMORY, range)));
    findings.note(
        FindingCode.L2,
        subject,
        inRam.isEmpty() ? List.of() : List.of(inRam.first()),
        evidence,
        Step.KEEP_TRANSLATING);
  }

  /** {@return all pages that tables are made of, sorted, each once} */
  private long[] tablePages(DeviceTables devices, AuditBudget walked) {
    LongStream deviceTables = AuditBudget.pages(devices.pages());
    LongStream ofDma = LongStream.concat(deviceTables, Arrays.stream(walked.tablePages()));
    return LongStream.concat(ofDma, interruptTablePages()).sorted().distinct().toArray();
  }

  private LongStream interruptTablePages() {
    return AuditBudget.pages(tables.interrupts().tablePages());
  }

  private void judgePlace(AddressRange crash) {
    Examples<TablePage> inside = new Examples<>();
    Arrays.stream(pages)
        .filter(crash::contains)
        .forEach(page -> inside.add(new TablePage(page), 0));
    if (!inside.isEmpty()) {
      findings.broken(
          FindingCode.L3,
          Part.IOMMU_TABLES,
          List.of(crash),
          inside.evidence(page -> page),
          Step.BUILD_TABLES_ELSEWHERE);
    }
  }

  private void judgeWriters(Subject subject, DevicePath path, WriteCheck check) {
    path.walk(tables, check);
    tables.walkLeftOut(path.table(), check);
    if (!check.writing().isEmpty()) {
      findings.broken(
          FindingCode.L3,
          subject,
          List.of(check.writing().first().physical()),
          check.writing().evidence(Mapped::new),
          Step.UNMAP_TABLES);
    }
  }
}
