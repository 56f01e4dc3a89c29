// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crashlane.guest.live.OutsideHand.Judgement;
import org.crashlane.interrupt.Interrupts;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.machine.Device;
import org.crashlane.machine.Device.Binding;
import org.crashlane.machine.DmaMasks;
import org.crashlane.machine.DumpRole;
import org.crashlane.machine.LowMemoryNeeds;
import org.crashlane.machine.Machine;
import org.crashlane.machine.Memory;
import org.crashlane.machine.Source;
import org.crashlane.machine.Source.Aspect;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.CaptureKernel;
import org.crashlane.rehearsal.CaptureKernel.State;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.KdumpIoRule;
import org.crashlane.rule.Reading.DeviceFact;
import org.crashlane.rule.Reading.Devices;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Subject.AddressSpace;
import org.crashlane.rule.Subject.OfDevice;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Subject.Requesters;
import org.crashlane.rule.Verdict;

/** The rule's verdict on a guest, with what is known of it from outside only, and what is not. */
final class GuestJudge {
  /** Where a crash range is from that was not given. */
  static final Source CORE_HEADER = Source.read("kexec's core header in the guest's memory");

  private final Guest guest;
  private final GuestLife life;
  private final List<AddressRange> crashRanges;
  private final Set<RequesterId> named;
  private final List<PciFunction> functions;
  private final Map<RequesterId, Fact> bypass;
  private final GuestFirmware firmware;
  private final Set<RequesterId> unknownIds;
  private final GuestProcessors processors;
  private final List<Finding> doubtsOfRange;
  private final CaptureKernel capture;

  /**
   * Learns what it can of a guest, which may run. No lock on its memory's files may be held:
   * reading them gives it up.
   *
   * @param named who is on the dump path; all storage controllers if empty
   */
  GuestJudge(Guest guest, GuestLife life, List<AddressRange> crashRanges, Set<RequesterId> named)
      throws IOException {
    this.guest = guest;
    this.life = life;
    this.crashRanges = crashRanges;
    this.named = named;
    this.functions = guest.pciFunctions();
    this.bypass = guest.iommuProperties().passing();
    this.firmware = GuestFirmware.read(guest, functions);
    this.unknownIds =
        functions.stream()
            .filter(f -> f.aliases().size() > 1)
            .map(PciFunction::requester)
            .collect(Collectors.toUnmodifiableSet());
    this.processors = GuestProcessors.of(guest.qmp(), firmware.apicIds());
    MappingMode mode = guest.findIommu().map(GuestIommu::mode).orElse(MappingMode.NOMMU);
    if (life == GuestLife.DEAD) {
      // Its processor has told which memory is its own.
      this.doubtsOfRange = List.of();
      this.capture = CaptureKernel.notKnown(mode);
    } else {
      try (SparingReader memory = guest.sparingReader()) {
        List<CaptureImage> images = CaptureImage.findIn(memory, crashRanges);
        this.doubtsOfRange =
            CrashRangeSigns.doubts(
                memory, images, crashRanges, guest.qmp().hmp("info registers -a"));
        this.capture = capture(memory, images, mode);
      }
    }
  }

  /** Of several, as earlier boots leave them, none is known to be the one that will run. */
  private CaptureKernel capture(SparingReader memory, List<CaptureImage> images, MappingMode mode)
      throws IOException {
    if (CrashWatch.isRunning(guest, memory, images)) {
      return new CaptureKernel(mode, State.RUNS, "");
    }
    return images.size() == 1
        ? images.getFirst().kernel(memory, mode)
        : CaptureKernel.notKnown(mode);
  }

  /** {@return the verdict on tables as they are now} */
  Judgement judge(TranslationTables tables) throws IOException {
    Machine machine = machine(tables.interrupts().extendedDestinations());
    if (capture.state() == State.RUNS) {
      return new Judgement(machine, Verdict.of(List.of(crashed())), capture);
    }
    Verdict verdict = KdumpIoRule.judge(machine, tables);
    return new Judgement(
        machine, withWhatElseIsKnown(verdict, !tables.state().isPassing()), capture);
  }

  /** What the tables say may be the capture kernel's work, and its driver may have given up. */
  private static Finding crashed() {
    return Finding.unknown(
        FindingCode.A1,
        Part.CAPTURE_KERNEL,
        List.of(Fact.CAPTURE_KERNEL_RUNS),
        Step.DUMP_FROM_HOST,
        Step.REBIND_DISK);
  }

  /** {@return the verdict on a guest whose IOMMU has no tables that are read here} */
  Judgement judgeWithoutTables() throws IOException {
    Machine machine = machine(false);
    List<Finding> findings = new ArrayList<>();
    functions.stream()
        .filter(PciFunction::isVirtioIommu)
        .findFirst()
        .ifPresent(iommu -> findings.add(unread(iommu)));
    findings.addAll(withWhatElseIsKnown(KdumpIoRule.judge(machine), false).findings());
    return new Judgement(machine, Verdict.of(findings), capture);
  }

  private Machine machine(boolean remapsToWideIds) {
    List<Device> devices = functions.stream().map(this::device).toList();
    List<Device> served =
        devices.stream().filter(device -> !bypass.containsKey(device.address())).toList();
    Optional<GuestIommu> iommu = guest.findIommu();
    List<RequesterId> controllers = iommu.map(GuestIommu::ioApics).orElse(List.of());
    return new Machine(
        new Memory(guest.memory().ranges()),
        crashRanges,
        iommu.stream().map(unit -> unit.unit(served)).toList(),
        devices,
        firmware.regions(),
        new Interrupts(processors.known(remapsToWideIds), controllers),
        LowMemoryNeeds.NONE,
        sources());
  }

  /** Nobody outside knows DMA masks, drivers, groups, and what firmware reserves of memory. */
  private Map<Aspect, Source> sources() {
    Map<Aspect, Source> sources = new EnumMap<>(Aspect.class);
    sources.put(Aspect.MEMORY, Source.read("QEMU's memory tree"));
    sources.put(Aspect.ENCRYPTION, Source.read("QEMU's confidential-guest-support, query-sev"));
    sources.put(
        Aspect.CRASH_RANGES, life == GuestLife.DEAD ? CORE_HEADER : Source.given("--crash-range"));
    sources.put(Aspect.UNITS, Source.read("QEMU's memory tree"));
    sources.put(Aspect.DEVICES, Source.read("QEMU's query-pci"));
    sources.put(Aspect.DUMP_PATH, named.isEmpty() ? Source.assumed() : Source.given("--device"));
    firmware.source().ifPresent(source -> sources.put(Aspect.FIRMWARE_REGIONS, source));
    processors.source().ifPresent(source -> sources.put(Aspect.PROCESSORS, source));
    sources.put(Aspect.CAPTURE_NEEDS, Source.assumed());
    return sources;
  }

  private Device device(PciFunction function) {
    return new Device(
        function.requester(),
        function.aliases(),
        function.name(),
        Binding.UNKNOWN,
        role(function),
        DmaMasks.UNKNOWN,
        false);
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
    List<Finding> findings =
        new ArrayList<>(verdict.findings().stream().map(this::doubted).toList());
    findings.addAll(
        firmware.doubts(crashRanges, guest.findIommu().map(GuestIommu::vendor), isTranslating));
    findings.addAll(doubtsOfRange);
    Map<RequesterId, Fact> passing = new LinkedHashMap<>(bypass);
    passing.keySet().removeIf(r -> functions.stream().noneMatch(f -> isOnDumpPath(f, r)));
    passing.forEach((requester, why) -> findings.add(beside(requester, why)));
    List<Device> others =
        functions.stream().filter(f -> !named.contains(f.requester())).map(this::device).toList();
    if (!named.isEmpty() && !others.isEmpty()) {
      findings.add(narrowed(others));
    }
    return Verdict.of(findings);
  }

  /** What is broken for an id that requests may carry is not where they carry another. */
  private Finding doubted(Finding finding) {
    List<Device> devices =
        finding.subject() instanceof AddressSpace space
            ? space.devices()
            : finding.subject() instanceof OfDevice of ? List.of(of.device()) : List.of();
    return finding.severity() == Severity.BROKEN
            && !devices.isEmpty()
            && devices.stream().allMatch(device -> unknownIds.contains(device.address()))
        ? finding.withSeverity(Severity.UNKNOWN).withEvidence(List.of(Fact.REQUESTER_ID_NOT_KNOWN))
        : finding;
  }

  private boolean isOnDumpPath(PciFunction function, RequesterId requester) {
    return function.requester().equals(requester) && device(function).onDumpPath();
  }

  /** A note where a disk was named; without one, the dump goes through a device that is not. */
  private Finding narrowed(List<Device> others) {
    boolean namedDisk =
        functions.stream().anyMatch(f -> f.isStorage() && named.contains(f.requester()));
    boolean isDiskLeftOut = !namedDisk && functions.stream().anyMatch(PciFunction::isStorage);
    return new Finding(
        isDiskLeftOut ? FindingCode.M1 : FindingCode.M2,
        isDiskLeftOut ? Severity.UNKNOWN : Severity.NOTE,
        Part.NAMED_DEVICES,
        List.of(),
        Stream.concat(
                Stream.of(isDiskLeftOut ? Fact.NO_DISK_NAMED : Fact.DEVICES_NAMED),
                others.stream().map(device -> new Devices(DeviceFact.NOT_NAMED, List.of(device))))
            .toList(),
        List.of(Step.NAME_DISK_OR_NONE));
  }

  private static Finding beside(RequesterId requester, Fact why) {
    return Finding.note(FindingCode.L2, new Requesters(requester), List.of(why), Step.NOTHING);
  }

  private static Finding unread(PciFunction iommu) {
    return Finding.unknown(
        FindingCode.W1,
        new Requesters(iommu.requester()),
        List.of(Fact.VIRTIO_IOMMU_NOT_READ),
        Step.USE_READ_IOMMU);
  }

  /**
   * What the tables have is not what the guest's kernel believes to have put there: as long as it
   * lives, its drivers' DMA may be sent into the crash range.
   */
  static Finding untold(AddressRange crashRange) {
    return new Finding(
        FindingCode.A5,
        Severity.UNKNOWN,
        Part.PRIMARY_KERNEL,
        List.of(crashRange),
        List.of(Fact.ALLOCATOR_NOT_INFORMED),
        List.of(Step.RESERVE_IOVAS_LATER));
  }

  static Finding unstopped() {
    return Finding.unknown(
        FindingCode.W1,
        Part.IOMMU_TABLES,
        List.of(Fact.READ_WHILE_RUNNING),
        Step.NAME_JOURNAL_FOLDER);
  }
}
