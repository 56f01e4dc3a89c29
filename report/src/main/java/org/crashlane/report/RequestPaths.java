// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Fault;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Sighting.Blocked;
import org.crashlane.rule.Sighting.Faulted;
import org.crashlane.rule.Sighting.From;
import org.crashlane.rule.Sighting.Meant;
import org.crashlane.rule.Sighting.Violated;
import org.crashlane.rule.Subject.Requests;

/** The paths of one request, drawn: where it went before the panic, and where after it. */
final class RequestPaths {
  private static final String TRANSLATED = " --[IOMMU]--> ";
  private static final String STRAIGHT = " -----------> ";
  private static final String STOPPED = " --[IOMMU]--X ";

  private RequestPaths() {}

  /** {@return the paths by their labels: of the worst that was seen; none if nothing was} */
  static Map<String, String> of(Rehearsal rehearsal) {
    Map<String, String> paths = new LinkedHashMap<>();
    Optional<Fault> blocked = blocked(rehearsal);
    if (blocked.isPresent()) {
      paths.put("  after", of(blocked.get()));
      return paths;
    }
    boolean isTranslated = rehearsal.observations().translatingAtEnd();
    for (FindingCode code : List.of(FindingCode.L1, FindingCode.L2)) {
      Optional<Violated> astray = violated(rehearsal, code);
      if (astray.isPresent()) {
        meant(astray.get())
            .ifPresent(address ->
                paths.put(
                    "  before",
                    from(astray.get()) + TRANSLATED + Hex.of(address) + "  its buffer"));
        paths.put("  after", after(astray.get(), code, isTranslated ? TRANSLATED : STRAIGHT));
        return paths;
      }
    }
    return paths;
  }

  /**
   * {@return by whom requests were blocked, and how often each, behind a comma; empty where it was
   * one device: it is named otherwise}
   */
  static String senders(List<Evidence> blocked) {
    Map<RequesterId, Integer> counts = new LinkedHashMap<>();
    for (Evidence evidence : blocked) {
      if (evidence instanceof Faulted(_, Fault fault)) {
        counts.merge(fault.request().requester(), 1, Integer::sum);
      } else if (evidence instanceof Blocked(RequesterId requester, _)) {
        counts.merge(requester, 1, Integer::sum);
      }
    }
    return counts.size() < 2
        ? ""
        : counts.entrySet().stream()
            .map(entry -> "%s (%,d)".formatted(entry.getKey(), entry.getValue()))
            .collect(Collectors.joining(" and ", ", by ", ""));
  }

  /** {@return the first request of the capture kernel's that was blocked} */
  private static Optional<Fault> blocked(Rehearsal rehearsal) {
    return rehearsal.observations().dump().gotThrough()
        ? Optional.empty()
        : rehearsal.observations().faultsAfterCrash().stream()
            .flatMap(e ->
                e instanceof Faulted(From from, Fault fault) && from != From.LEFTOVER
                    ? Stream.of(fault)
                    : Stream.empty())
            .findFirst();
  }

  private static String of(Fault fault) {
    return "%s %s%s%s%s"
        .formatted(
            fault.request().requester(),
            word(fault.request().access()),
            Hex.of(fault.request().iova()),
            STOPPED,
            fault.why().meaning());
  }

  private static Optional<Violated> violated(Rehearsal rehearsal, FindingCode code) {
    return rehearsal.verdict().findings().stream()
        .filter(f -> f.code() == code)
        .map(Finding::evidence)
        .flatMap(List::stream)
        .flatMap(e ->
            e instanceof Violated v && v.party() instanceof Requests
                ? Stream.of(v)
                : Stream.empty())
        .findFirst();
  }

  private static Optional<Long> meant(Violated astray) {
    for (Evidence evidence : astray.evidence()) {
      if (evidence instanceof Meant(long address)) {
        return Optional.of(address);
      }
    }
    return Optional.empty();
  }

  private static String from(Violated astray) {
    Requests requests = (Requests) astray.party();
    return "%s %s%s"
        .formatted(requests.device(), word(requests.access()), Hex.of(astray.busAddress()));
  }

  private static String word(Access access) {
    return access == Access.READ ? "reads " : "writes ";
  }

  private static String after(Violated astray, FindingCode code, String arrow) {
    return "%s%s%s  %s, %s"
        .formatted(
            from(astray),
            arrow,
            Hex.of(astray.physicalAddress()),
            code == FindingCode.L1 ? "CRASH RANGE" : "not its buffer",
            astray.count() == 1 ? "once" : "%,d times".formatted(astray.count()));
  }
}
