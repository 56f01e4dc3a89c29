// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.machine.Device;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.Machine;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.KdumpIoRule;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict;

/** The rule's verdict on a guest, with what is known of it from outside only, and what is not. */
final class GuestJudge {
  private final LiveGuest guest;
  private final GuestLife life;
  private final List<AddressRange> crashRanges;
  private final Set<RequesterId> named;
  private final List<PciFunction> functions;
  private final Map<RequesterId, String> bypass;
  private final GuestFirmware firmware;
  private final GuestProcessors processors;

  /**
   * @param named who is on the dump path; all storage controllers if empty
   */
  GuestJudge(
      LiveGuest guest, GuestLife life, List<AddressRange> crashRanges, Set<RequesterId> named)
      throws IOException {
    this.guest = guest;
    this.life = life;
    this.crashRanges = crashRanges;
    this.named = named;
    this.functions = guest.pciFunctions();
    this.bypass = guest.bypass();
    this.firmware = GuestFirmware.read(guest, functions);
    this.processors = GuestProcessors.of(guest.qmp(), firmware.apicIds());
  }

  /** {@return the verdict on tables as they stand now} */
  Verdict judge(TranslationTables tables) throws IOException {
    Machine machine = machine(tables.interrupts().extendedDestinations());
    return withWhatElseIsKnown(KdumpIoRule.judge(machine, tables), !tables.state().isPassing());
  }

  /** {@return the verdict on a guest whose IOMMU has no tables that are read here} */
  Verdict judgeWithoutTables() throws IOException {
    List<Finding> findings = new ArrayList<>();
    functions.stream()
        .filter(PciFunction::isVirtioIommu)
        .findFirst()
        .ifPresent(iommu -> findings.add(unread(iommu)));
    findings.addAll(withWhatElseIsKnown(KdumpIoRule.judge(machine(false)), false).findings());
    return Verdict.of(findings);
  }

  private Machine machine(boolean remapsToWideIds) {
    List<Device> devices = functions.stream().map(this::device).toList();
    return new Machine(
            guest.memory().ranges(),
            crashRanges,
            devices,
            guest.findIommu().map(GuestIommu::ioApics).orElse(List.of()))
        .withFirmwareRegions(firmware.regions())
        .withProcessors(processors.known(remapsToWideIds));
  }

  private Device device(PciFunction function) {
    return new Device(function.requester(), function.name(), role(function));
  }

  private DumpRole role(PciFunction function) {
    if (named.isEmpty()) {
      return function.isStorage()
          ? DumpRole.GUESSED
          : function.mayTakeDump() ? DumpRole.POSSIBLE : DumpRole.NONE;
    }
    return named.contains(function.requester()) ? DumpRole.NAMED : DumpRole.NONE;
  }

  private Verdict withWhatElseIsKnown(Verdict verdict, boolean isTranslating) {
    List<Finding> findings = new ArrayList<>(verdict.findings());
    findings.addAll(
        firmware.doubts(crashRanges, guest.findIommu().map(GuestIommu::vendor), isTranslating));
    // Where the capture kernel runs, its processor has told which memory is its own.
    if (life != GuestLife.DEAD) {
      findings.addAll(CrashRangeSigns.doubts(guest, crashRanges));
    }
    Map<RequesterId, String> passing = new LinkedHashMap<>(bypass);
    passing.keySet().removeIf(r -> functions.stream().noneMatch(f -> isOnDumpPath(f, r)));
    passing.forEach((requester, why) -> findings.add(beside(requester, why)));
    List<String> others =
        functions.stream()
            .filter(f -> !named.contains(f.requester()))
            .map(f -> f.requester() + " " + f.name())
            .toList();
    if (!named.isEmpty() && !others.isEmpty()) {
      findings.add(narrowed(others));
    }
    return Verdict.of(findings);
  }

  private boolean isOnDumpPath(PciFunction function, RequesterId requester) {
    return function.requester().equals(requester) && device(function).onDumpPath();
  }

  /** A note where a disk was named; without one, the dump goes through a device that is not. */
  private Finding narrowed(List<String> others) {
    boolean namedDisk =
        functions.stream().anyMatch(f -> f.isStorage() && named.contains(f.requester()));
    boolean hasDisk = functions.stream().anyMatch(PciFunction::isStorage);
    return new Finding(
        FindingCode.M1,
        hasDisk && !namedDisk ? Severity.UNKNOWN : Severity.NOTE,
        "the devices that were named",
        Optional.empty(),
        Stream.concat(
                Stream.of(
                    hasDisk && !namedDisk
                        ? "none of them is a disk controller; the guest also has:"
                        : "judged for them alone; the guest also has:"),
                others.stream())
            .toList(),
        "name the disk controller that the dump goes through, or no device at all");
  }

  private static Finding beside(RequesterId requester, String why) {
    return new Finding(
        FindingCode.L2,
        Severity.NOTE,
        requester.toString(),
        Optional.empty(),
        List.of("QEMU lets it pass by the IOMMU: " + why),
        "none is needed for the dump: it reaches the crash range as it is, as its leftover DMA"
            + " does");
  }

  private static Finding unread(PciFunction iommu) {
    return new Finding(
        FindingCode.W1,
        Severity.UNKNOWN,
        iommu.requester().toString(),
        Optional.empty(),
        List.of("this guest's IOMMU is a virtio-iommu, which crashlane does not read"),
        "give the guest -device intel-iommu or amd-iommu");
  }

  /**
   * What the tables have is not what the guest's kernel believes to have put there: as long as it
   * lives, its drivers' DMA may be sent into the crash range.
   */
  static Finding untold(AddressRange crashRange) {
    return new Finding(
        FindingCode.A5,
        Severity.UNKNOWN,
        "the guest's kernel",
        Optional.of(crashRange),
        List.of("armed from outside: its IOVA allocator does not know of it"),
        "reserve the range in the primary kernel too: its crashlane_arm module does, also later");
  }

  static Finding unstopped() {
    return new Finding(
        FindingCode.W1,
        Severity.UNKNOWN,
        "the guest's tables",
        Optional.empty(),
        List.of("read while the guest ran: " + GuestTables.READ_WHILE_RUNNING),
        "name a folder that can be written by --journal");
  }
}
