// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Attachment.Blocked;
import org.crashlane.iommu.Attachment.PassThrough;
import org.crashlane.iommu.Attachment.Translated;
import org.crashlane.iommu.Attachment.Unsupported;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.machine.Device;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/**
 * The Kdump IO Rule, rules A and B, judged from the tables of a running IOMMU: would a capture
 * kernel that never looks at it get its I/O through, and could leftover DMA reach the crash range?
 *
 * <p>Rule C is about what the capture kernel does, which no table tells.
 */
public final class KdumpIoRule {
  /** Requests to these addresses are interrupts on x86 and never reach memory. */
  public static final AddressRange INTERRUPT_WINDOW = new AddressRange(0xfee00000L, 0xfeefffffL);

  private static final String ARM = "identity-map the crash range in this table before the crash";

  private final Machine machine;
  private final TranslationTables tables;
  private final List<Finding> findings = new ArrayList<>();

  private KdumpIoRule(Machine machine, TranslationTables tables) {
    this.machine = machine;
    this.tables = tables;
  }

  /**
   * {@return the verdict on {@code tables}, as they stand now}
   *
   * <p>An IOMMU that does not translate lets DMA pass as it is: the rule holds by itself.
   */
  public static Verdict judge(Machine machine, TranslationTables tables) {
    if (!tables.state().translating()) {
      return Verdict.of(List.of());
    }
    KdumpIoRule rule = new KdumpIoRule(machine, tables);
    rule.judgeDevices();
    rule.judgeTables();
    return Verdict.of(rule.findings);
  }

  private void judgeDevices() {
    Map<RequesterId, Attachment> attachments = new LinkedHashMap<>();
    tables.attachments().forEach(a -> attachments.put(a.requester(), a));
    for (Device device : machine.devices()) {
      if (!device.onDumpPath()) {
        continue;
      }
      Attachment attachment = attachments.get(device.requester());
      if (attachment == null) {
        noEntry(device, "no entry for " + device.requester() + " in the IOMMU's device tables");
        continue;
      }
      switch (attachment) {
        case Blocked blocked -> noEntry(device, blocked.reason());
        case Unsupported unsupported -> cannotTell(device.toString(), unsupported.reason());
        case PassThrough _ -> {
          // untranslated: the crash range is reached as it is
        }
        case Translated translated -> judgeReach(device, translated.table());
      }
    }
  }

  private void noEntry(Device device, String evidence) {
    broken(
        FindingCode.A3,
        device.toString(),
        Optional.empty(),
        List.of(evidence),
        "bind a driver to the device in the primary kernel, so that it has a domain, then arm it");
  }

  private void judgeReach(Device device, TableId table) {
    AddressRange reach = tables.reach(table);
    for (AddressRange crash : machine.crashRanges()) {
      if (!reach.contains(crash)) {
        broken(
            FindingCode.B2,
            device.toString(),
            Optional.of(crash),
            List.of("the table translates " + reach + " only"),
            "reserve the crash range below " + Hex.of(reach.last() + 1));
      }
      if (crash.overlaps(INTERRUPT_WINDOW)) {
        broken(
            FindingCode.B3,
            device.toString(),
            Optional.of(crash),
            List.of("requests to " + INTERRUPT_WINDOW + " are interrupts, whatever is mapped"),
            "reserve the crash range elsewhere");
      }
    }
  }

  private void judgeTables() {
    Map<TableId, List<RequesterId>> users = new LinkedHashMap<>();
    for (Attachment attachment : tables.attachments()) {
      if (attachment instanceof Translated t) {
        users.computeIfAbsent(t.table(), _ -> new ArrayList<>()).add(t.requester());
      }
    }
    Map<TableId, TableAudit> audits = new LinkedHashMap<>();
    users.forEach((table, requesters) -> {
      TableAudit audit = new TableAudit(machine);
      tables.walk(table, audit);
      audit.end();
      audits.put(table, audit);
      String subject = subject(table, requesters);
      if (servesDumpPath(requesters)) {
        judgeCoverage(subject, audit);
      }
      judgeLeftovers(subject, audit);
    });
    judgeTablePages(users, audits);
  }

  private boolean servesDumpPath(List<RequesterId> requesters) {
    return machine.devices().stream()
        .anyMatch(d -> d.onDumpPath() && requesters.contains(d.requester()));
  }

  /** Devices on the dump path are named first; a table may serve hundreds. */
  private String subject(TableId table, List<RequesterId> requesters) {
    List<String> onPath =
        machine.devices().stream()
            .filter(d -> d.onDumpPath() && requesters.contains(d.requester()))
            .map(Device::toString)
            .toList();
    int others = requesters.size() - onPath.size();
    String who = onPath.isEmpty() ? requesters.getFirst().toString() : String.join(", ", onPath);
    int unnamed = onPath.isEmpty() ? others - 1 : others;
    return "%s%s, table %s".formatted(who, unnamed > 0 ? " and " + unnamed + " more" : "", table);
  }

  private void judgeCoverage(String subject, TableAudit audit) {
    if (!audit.unread().isEmpty()) {
      cannotTell(subject, String.join("; ", audit.unread().lines()));
    }
    for (CrashRangeCoverage coverage : audit.coverages()) {
      AddressRange crash = coverage.crashRange();
      if (!coverage.holes().isEmpty() && audit.unread().isEmpty()) {
        coverageBroken(FindingCode.A1, subject, crash, coverage.holes(), "not mapped", ARM);
      }
      if (!coverage.withoutRight().isEmpty()) {
        coverageBroken(
            FindingCode.A2, subject, crash, coverage.withoutRight(), "lack a right", ARM);
      }
      if (!coverage.elsewhere().isEmpty()) {
        coverageBroken(
            FindingCode.A4,
            subject,
            crash,
            coverage.elsewhere(),
            "mapped elsewhere",
            "keep the crash range out of the IOVA allocator before any driver maps");
      }
    }
  }

  private void coverageBroken(
      FindingCode code,
      String subject,
      AddressRange crash,
      Pieces<?> pieces,
      String what,
      String remedy) {
    List<String> evidence = new ArrayList<>();
    evidence.add(
        "%s of %s bytes %s".formatted(Hex.of(pieces.bytes()), Hex.of(crash.sizeBytes()), what));
    evidence.addAll(pieces.lines());
    broken(code, subject, Optional.of(crash), evidence, remedy);
  }

  private void judgeLeftovers(String subject, TableAudit audit) {
    if (!audit.reachingIn().isEmpty()) {
      broken(
          FindingCode.L1,
          subject,
          Optional.of(audit.reachingIn().first().physical()),
          audit.reachingIn().lines(),
          "the primary kernel must not map pages of the crash range for devices");
    }
    if (!audit.leftovers().isEmpty()) {
      Pieces<AddressRange> inRam = audit.leftoverIovasInRam();
      List<String> evidence = new ArrayList<>();
      evidence.add(
          "%d leftover mappings of %s bytes; %s addresses of memory"
              .formatted(
                  audit.leftovers().count(),
                  Hex.of(audit.leftovers().bytes()),
                  inRam.isEmpty()
                      ? "none of their IOVAs are"
                      : "IOVAs of " + Hex.of(inRam.bytes()) + " bytes are also"));
      evidence.addAll(inRam.lines());
      Optional<AddressRange> range =
          inRam.isEmpty() ? Optional.empty() : Optional.of(inRam.first());
      findings.add(
          new Finding(
              FindingCode.L2,
              Severity.NOTE,
              subject,
              range,
              evidence,
              "leave translation running until the devices are reset"));
    }
    if (!audit.malformed().isEmpty()) {
      findings.add(
          new Finding(
              FindingCode.W1,
              Severity.NOTE,
              subject,
              Optional.empty(),
              audit.malformed().lines(),
              "requests to these IOVAs fault; the crash range is judged by the rest"));
    }
  }

  private void judgeTablePages(
      Map<TableId, List<RequesterId>> users, Map<TableId, TableAudit> audits) {
    LongStream devicePages = tables.deviceTablePages().stream().mapToLong(AddressRange::first);
    long[] pages =
        LongStream.concat(
                devicePages,
                audits.values().stream().flatMapToLong(a -> Arrays.stream(a.tablePages())))
            .sorted()
            .distinct()
            .toArray();
    for (AddressRange crash : machine.crashRanges()) {
      List<String> inside = Arrays.stream(pages).filter(crash::contains).mapToObj(Hex::of).toList();
      if (!inside.isEmpty()) {
        Stream<String> shown = inside.stream().limit(Pieces.KEPT_COUNT).map(p -> "table page " + p);
        broken(
            FindingCode.L3,
            "the IOMMU's tables",
            Optional.of(crash),
            Stream.concat(Stream.of(inside.size() + " table pages lie inside"), shown).toList(),
            "the capture kernel will overwrite them: build tables outside the crash range");
      }
    }
    users.forEach((table, requesters) -> judgeWriters(subject(table, requesters), table, pages));
  }

  private void judgeWriters(String subject, TableId table, long[] pages) {
    TableAudit.WriteCheck check = new TableAudit.WriteCheck(pages);
    tables.walk(table, check);
    if (!check.writing().isEmpty()) {
      broken(
          FindingCode.L3,
          subject,
          Optional.of(check.writing().first().physical()),
          check.writing().lines(),
          "a device may write the tables it is translated by: unmap these pages");
    }
  }

  private void cannotTell(String subject, String reason) {
    findings.add(
        new Finding(
            FindingCode.W1,
            Severity.UNKNOWN,
            subject,
            Optional.empty(),
            List.of(reason),
            "make the tables readable, or arm the device from inside the primary kernel"));
  }

  private void broken(
      FindingCode code,
      String subject,
      Optional<AddressRange> range,
      List<String> evidence,
      String remedy) {
    findings.add(new Finding(code, Severity.BROKEN, subject, range, evidence, remedy));
  }
}
