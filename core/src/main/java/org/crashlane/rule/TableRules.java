// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.DeviceTables;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.machine.Device;
import org.crashlane.machine.FirmwareRegion;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.FirmwareRules.Reach;

/**
 * What the rule asks of each address space: A1, A2, A4 for the dump path, G1 for guests, L1 to L3
 * for all.
 */
final class TableRules {
  private static final String SETTLE =
      "the hardware decides: have the primary map these pages by entries of which its manual says"
          + " what becomes of them";

  private static final String ARM = "identity-map the crash range in this table before the crash";

  private final Machine machine;
  private final TranslationTables tables;
  private final FindingList findings;
  private final AuditLimits limits;
  private final EncryptionRules encryption;
  private final Map<RequesterId, TableAudit> audits = new HashMap<>();
  private Map<Way, List<RequesterId>> ways = Map.of();
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
  void judge(Map<Way, List<RequesterId>> users, DeviceTables devices) {
    ways = users;
    AuditBudget budget = new AuditBudget(limits);
    users.forEach((way, requesters) -> judgeWay(way, requesters, budget));
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
    ways.forEach((way, requesters) ->
        judgeWriters(subject(way, requesters), way, new WriteCheck(allPages, budget)));
    if (isSpent || budget.isSpent()) {
      findings.cannotTell(
          FindingCode.L3,
          "the IOMMU's tables",
          List.of(limits.spent()),
          "raise the limits if these tables are rightly so large");
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

  private void judgeWay(Way way, List<RequesterId> requesters, AuditBudget budget) {
    TableAudit audit = new TableAudit(machine, way.untouched(), budget);
    way.walk(tables, audit);
    audit.end();
    tables.walkLeftOut(way.table(), audit.leftOut());
    requesters.forEach(requester -> audits.put(requester, audit));
    String subject = subject(way, requesters);
    List<Device> onPath = onDumpPath(requesters);
    Pieces<Malformation> unread = audit.unread();
    if (!unread.isEmpty()) {
      FindingCode code = onPath.isEmpty() ? FindingCode.L1 : FindingCode.W1;
      String remedy = audit.isAllUnsettled() ? SETTLE : KdumpIoRule.MAKE_READABLE;
      findings.cannotTell(code, subject, unread.lines(), remedy);
    }
    if (!onPath.isEmpty()) {
      judgeCoverage(subject, audit, onPath);
      encryption.judge(subject, way.table(), audit, onPath);
    }
    boolean isGuests = judgeGuests(requesters, way.table(), audit);
    if (onPath.isEmpty() && !isGuests) {
      judgeOthersIdentity(subject, requesters, audit);
    }
    judgeLeftovers(subject, audit);
  }

  /** {@return true if a guest's device reaches the crash range, which has been told then} */
  private boolean judgeGuests(List<RequesterId> requesters, TableId table, TableAudit audit) {
    if (audit.onCrashPages().isEmpty()) {
      return false;
    }
    List<Device> guests =
        machine.devices().stream()
            .filter(d -> d.assignedToGuest() && requesters.contains(d.requester()))
            .toList();
    for (Device device : guests) {
      findings.broken(
          FindingCode.G1,
          device + ", table " + table,
          Optional.of(audit.onCrashPages().first().physical()),
          audit.onCrashPages().lines(),
          "leave the device out of what is armed: the guest could write the crash range");
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
  private void judgeOthersIdentity(String subject, List<RequesterId> requesters, TableAudit audit) {
    for (CrashRangeCoverage coverage : audit.coverages()) {
      AddressRange crash = coverage.crashRange();
      boolean isFirmwares =
          machine.firmwareRegions().stream()
              .filter(region -> region.range().overlaps(crash))
              .filter(region -> audit.reach(region) == Reach.REACHED)
              .anyMatch(region -> requesters.stream().anyMatch(region::isFor));
      if (coverage.mapped().isEmpty()
          || coverage.isWhole()
          || isFirmwares
          || audit.isUnreadIn(crash)) {
        continue;
      }
      List<String> evidence = new ArrayList<>(coverage.mapped().lines());
      evidence.add("a part of the crash range, mapped to itself: not what arming leaves");
      findings.broken(
          FindingCode.L1,
          subject,
          Optional.of(coverage.mapped().first().physical()),
          evidence,
          "find out who has the device use these pages (firmware's regions: RMRR, IVMD), or reserve"
              + " the crash range elsewhere");
    }
  }

  private List<Device> onDumpPath(List<RequesterId> requesters) {
    return machine.dumpPath().stream().filter(d -> requesters.contains(d.requester())).toList();
  }

  /** Devices on the dump path are named first; a table may serve hundreds. */
  private String subject(Way way, List<RequesterId> requesters) {
    List<String> onPath = onDumpPath(requesters).stream().map(Device::toString).toList();
    String who = onPath.isEmpty() ? requesters.getFirst().toString() : String.join(", ", onPath);
    int unnamed = requesters.size() - Math.max(1, onPath.size());
    return "%s%s, table %s"
        .formatted(who, unnamed > 0 ? " and " + unnamed + " more" : "", way.table());
  }

  /** Of a crash range that none of the devices can be sent to, nothing has to be mapped. */
  private void judgeCoverage(String subject, TableAudit audit, List<Device> devices) {
    for (CrashRangeCoverage coverage : audit.coverages()) {
      AddressRange crash = coverage.crashRange();
      if (devices.stream().noneMatch(d -> machine.crashRangesWithin(d).contains(crash))) {
        continue;
      }
      if (!audit.isUnreadIn(crash)) {
        // What was not read may map what seems to be a hole.
        pieces(FindingCode.A1, subject, crash, coverage.holes(), "not mapped", ARM);
      }
      pieces(FindingCode.A2, subject, crash, coverage.withoutRight(), "lack a right", ARM);
      pieces(
          FindingCode.A4,
          subject,
          crash,
          coverage.elsewhere(),
          "mapped elsewhere",
          "keep the crash range out of the IOVA allocator before any driver maps");
    }
  }

  private void pieces(
      FindingCode code,
      String subject,
      AddressRange crash,
      Pieces<?> pieces,
      String what,
      String remedy) {
    if (pieces.isEmpty()) {
      return;
    }
    List<String> evidence = new ArrayList<>();
    evidence.add(
        "%s of %s bytes %s".formatted(Hex.of(pieces.bytes()), Hex.of(crash.sizeBytes()), what));
    evidence.addAll(pieces.lines());
    findings.broken(code, subject, Optional.of(crash), evidence, remedy);
  }

  private void judgeLeftovers(String subject, TableAudit audit) {
    if (!audit.reachingIn().isEmpty()) {
      findings.broken(
          FindingCode.L1,
          subject,
          Optional.of(audit.reachingIn().first().physical()),
          audit.reachingIn().lines(),
          "the primary kernel must not map pages of the crash range for devices");
    }
    if (!audit.leftovers().isEmpty()) {
      noteLeftovers(subject, audit.leftovers(), audit.leftoverIovasInRam());
    }
    if (!audit.malformed().isEmpty()) {
      findings.note(
          FindingCode.W1,
          subject,
          Optional.empty(),
          audit.malformed().lines(),
          "requests to these IOVAs fault; the crash range is judged by the rest");
    }
  }

  private void noteLeftovers(String subject, Pieces<?> leftovers, Pieces<AddressRange> inRam) {
    List<String> evidence = new ArrayList<>();
    evidence.add(
        "%d leftover mappings of %s bytes; %s addresses of memory"
            .formatted(
                leftovers.count(),
                Hex.of(leftovers.bytes()),
                inRam.isEmpty()
                    ? "none of their IOVAs are"
                    : "IOVAs of " + Hex.of(inRam.bytes()) + " bytes are also"));
    evidence.addAll(inRam.lines());
    findings.note(
        FindingCode.L2,
        subject,
        inRam.isEmpty() ? Optional.empty() : Optional.of(inRam.first()),
        evidence,
        "leave translation running until the devices are reset");
  }

  /** {@return all pages that tables are made of, sorted, each once} */
  private long[] tablePages(DeviceTables devices, AuditBudget walked) {
    LongStream deviceTables = devices.pages().stream().mapToLong(AddressRange::first);
    LongStream ofDma = LongStream.concat(deviceTables, Arrays.stream(walked.tablePages()));
    return LongStream.concat(ofDma, interruptTablePages()).sorted().distinct().toArray();
  }

  private LongStream interruptTablePages() {
    return tables.interrupts().tablePages().stream().mapToLong(AddressRange::first);
  }

  private void judgePlace(AddressRange crash) {
    Pieces<String> inside = new Pieces<>();
    Arrays.stream(pages)
        .filter(crash::contains)
        .forEach(page -> inside.add("table page " + Hex.of(page), 0));
    if (!inside.isEmpty()) {
      findings.broken(
          FindingCode.L3,
          "the IOMMU's tables",
          Optional.of(crash),
          inside.lines(),
          "the capture kernel will overwrite them: build tables outside the crash range");
    }
  }

  private void judgeWriters(String subject, Way way, WriteCheck check) {
    way.walk(tables, check);
    tables.walkLeftOut(way.table(), check);
    if (!check.writing().isEmpty()) {
      findings.broken(
          FindingCode.L3,
          subject,
          Optional.of(check.writing().first().physical()),
          check.writing().lines(),
          "a device may write the tables it is translated by: unmap these pages");
    }
  }
}
