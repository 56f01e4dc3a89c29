// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.crashlane.acpi.Flaw;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;
import org.crashlane.bits.Reason;
import org.crashlane.interrupt.DeliveryMode;
import org.crashlane.interrupt.InterruptFate;
import org.crashlane.interrupt.InterruptPreparation.Hindrance;
import org.crashlane.interrupt.InterruptTarget;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.UnitBuffer;
import org.crashlane.iommu.UnitState;
import org.crashlane.iommu.Unmappable;
import org.crashlane.iommu.vtd.FaultReason;
import org.crashlane.linux.LinuxRule;
import org.crashlane.machine.DmaMask;
import org.crashlane.machine.FirmwareRegion;
import org.crashlane.memory.Absence;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.AuditLimits;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Evidence.LinuxChange;
import org.crashlane.rule.Evidence.OfLinux;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Evidence.Quote;
import org.crashlane.rule.Evidence.Source;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Obstacle;
import org.crashlane.rule.Obstacle.EarlierState;
import org.crashlane.rule.Obstacle.Place;
import org.crashlane.rule.Reading;
import org.crashlane.rule.Reading.AddressFact;
import org.crashlane.rule.Reading.DeviceFact;
import org.crashlane.rule.Reading.MaskUse;
import org.crashlane.rule.Reading.Need;
import org.crashlane.rule.Reading.VectorFate;
import org.crashlane.rule.Remedy;
import org.crashlane.rule.Remedy.CrashRangeBelow;
import org.crashlane.rule.Remedy.KernelOption;
import org.crashlane.rule.Remedy.PrepareInterrupts;
import org.crashlane.rule.Remedy.ReserveArena;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Sighting;
import org.crashlane.rule.Sighting.CoreHeaderFact;
import org.crashlane.rule.Sighting.From;
import org.crashlane.rule.Sighting.RegisterId;
import org.crashlane.rule.Sighting.RegisterValue;
import org.crashlane.rule.Sighting.Since;
import org.crashlane.rule.Sighting.Touch;
import org.crashlane.rule.Sighting.Translation;
import org.crashlane.rule.Subject;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.api.Test;

/** Every kind of subject, evidence and remedy, as people and as programs read it. */
final class FactsTest {
  private static final AddressRange RANGE = AddressRange.parse("0x2d000000-0x2d001fff");

  private static final Reason RESERVED = Reason.of(TableFact.RESERVED_BITS, new Reason.Bits(0x8));
  private static final RequesterId NVME = Verdicts.NVME.requester();
  private static final TableId TABLE = new TableId(0x1003000, Geometry.of(12, 3));
  private static final FirmwareRegion REGION = new FirmwareRegion(NVME, RANGE);

  private static final Layout GSTS = Layout.of("GSTS", BitField.bit("IRES", 25));
  private static final Layout IRTA = Layout.of("IRTA", BitField.bits("IRTA", 63, 12));

  private static List<Subject> subjects() {
    List<Subject> subjects = new ArrayList<>(List.of(Part.values()));
    RequesterId other = RequesterId.parse("00:05.0");
    subjects.add(new Subject.OfDevice(Verdicts.NVME));
    subjects.add(new Subject.Requesters(NVME));
    subjects.add(new Subject.Requesters(List.of(NVME, other, RequesterId.parse("00:06.0"))));
    subjects.add(new Subject.IoApic(RequesterId.parse("00:14.0")));
    subjects.add(new Subject.AddressSpace(TABLE, List.of(NVME), List.of(Verdicts.NVME)));
    subjects.add(new Subject.AddressSpace(TABLE, List.of(NVME, other), List.of(Verdicts.NVME)));
    subjects.add(new Subject.AddressSpace(TABLE, List.of(NVME, other), List.of()));
    subjects.add(new Subject.OfFirmware(REGION));
    subjects.add(new Subject.NewTablePage(0x1003000));
    subjects.add(new Subject.Arena(RANGE));
    subjects.add(new Subject.CrashRange(RANGE));
    subjects.add(new Subject.Armed("/dev/shm/guest"));
    subjects.add(new Subject.Requests(Verdicts.NVME, Access.WRITE));
    subjects.add(new Subject.DriverOf(Verdicts.NVME));
    return subjects;
  }

  private static List<Remedy> remedies() {
    List<Remedy> remedies = new ArrayList<>(List.of(KernelOption.values()));
    remedies.addAll(List.of(Step.values()));
    remedies.add(new CrashRangeBelow(1L << 32));
    remedies.add(new ReserveArena(16 << 10));
    remedies.add(new PrepareInterrupts(207, List.of()));
    remedies.add(new PrepareInterrupts(206, List.of(new Hindrance(List.of(0x31), RESERVED))));
    remedies.add(new PrepareInterrupts(0, List.of(new Hindrance(List.of(), RESERVED))));
    return remedies;
  }

  private static List<Evidence> evidence() {
    List<Evidence> evidence = new ArrayList<>(List.of(Fact.values()));
    Stream.of(Quantity.values()).forEach(q -> evidence.add(new Amount(q, 2, 0x1000)));
    evidence.add(new Amount(Quantity.INTERRUPTS_BLOCKED, 0));
    evidence.add(new Amount(Quantity.COMMANDS_RUN, 1));
    Stream.of(Source.values()).forEach(s -> evidence.add(new Quote(s, "what was said")));
    Stream.of(LinuxChange.values())
        .forEach(change -> evidence.add(new OfLinux(change, "6.19", "38e5f33ee359")));
    evidence.addAll(readings());
    evidence.addAll(sightings());
    evidence.addAll(obstacles());
    return evidence;
  }

  private static List<Reading> readings() {
    List<Reading> readings = new ArrayList<>();
    readings.add(new Reading.Mapped(new Mapping(RANGE, 0x5000, Permissions.READ_ONLY)));
    Stream.of(AddressFact.values()).forEach(f -> readings.add(new Reading.Addresses(f, RANGE)));
    readings.add(
        new Reading.Entry(
            new Malformation(0x1002030, 0x1003001, 0, Malformation.Kind.RESERVED, RESERVED)));
    Stream.of(
            new Attachment.Translated(NVME, TABLE, 1),
            new Attachment.PassThrough(NVME, 1),
            new Attachment.PassThrough(NVME, 1, Permissions.READ_ONLY),
            new Attachment.Blocked(NVME, Reason.of(FaultReason.CONTEXT_NOT_PRESENT)),
            new Attachment.Unsupported(NVME, everyDetail()))
        .forEach(attachment -> readings.add(new Reading.Attached(attachment)));
    for (MaskUse use : MaskUse.values()) {
      readings.add(new Reading.Mask(use, DmaMask.ofBits(32)));
      readings.add(new Reading.Mask(use, DmaMask.unknown()));
    }
    Stream.of(Need.values()).forEach(n -> readings.add(new Reading.LowMemory(n, 0x4000000)));
    Stream.of(DeviceFact.values())
        .forEach(f -> readings.add(new Reading.Devices(f, List.of(Verdicts.NVME))));
    readings.add(new Reading.EncryptionBit(47, true));
    readings.add(new Reading.EncryptionBit(47, false));
    readings.add(new Reading.Region(REGION));
    readings.add(
        new Reading.Region(new FirmwareRegion(NVME, NVME, RANGE, FirmwareRegion.Kind.EXCLUDED)));
    readings.add(new Reading.TablePage(0x1003000));
    readings.add(
        new Reading.Buffer(
            new UnitBuffer(Reason.of(FaultReason.MODE_ABORT, new Reason.At(0x1000)), RANGE)));
    readings.add(new Reading.Reserved(new Unmappable(RANGE, TableFact.INTERRUPT_WINDOW)));
    readings.add(new Reading.Registers(List.of(GSTS.word(0x2000000), IRTA.word(0x300000))));
    Stream.of(VectorFate.values())
        .forEach(f -> readings.add(new Reading.Vectors(f, List.of(0x20, 0x21, 0x31))));
    fates().forEach(fate -> readings.add(new Reading.Interrupt(0x31, fate)));
    readings.add(new Reading.ApicId(0x8000_0001));
    readings.add(new Reading.Leftovers(12, 0xc000, 0));
    readings.add(new Reading.Leftovers(12, 0xc000, 0x2000));
    readings.add(new Reading.Spent(new AuditLimits(1000, 2000)));
    readings.add(new Reading.StatedRegion("RMRR", RANGE, List.of("00:1f.2")));
    readings.add(new Reading.NoAcpiTable("DMAR"));
    readings.add(new Reading.InTable("DMAR", 0x30, Reason.of(Flaw.STRUCTURE_NOT_READ)));
    readings.add(new Reading.InTable("DMAR", 0x30, Reason.of(LinuxRule.DMAR_UNIT_AT_ZERO)));
    readings.add(new Reading.UnreadTable("DMAR", Reason.of(Flaw.ROOT_POINTER_NOT_FOUND)));
    return readings;
  }

  /** {@return a reason with details of every kind} */
  private static Reason everyDetail() {
    return Reason.of(
        TableFact.TABLE,
        new Reason.At(0x1000),
        new Reason.Entry(0x2000),
        new Reason.Level(2),
        new Reason.Levels(4),
        new Reason.In(GSTS),
        new Reason.Bits(0x30),
        new Reason.Size(0x10000),
        new Reason.Words(GSTS.word(0x2000000), IRTA.word(0)),
        new Reason.Words(IRTA.word(0)),
        new Reason.Fields(List.of(new Reason.Field(GSTS.word(0), GSTS.fields().getFirst()))),
        new Reason.Device(NVME.value()),
        new Reason.Index(9, 256),
        new Reason.Addresses(RANGE.first(), RANGE.last()),
        new Reason.Needed(3, 2),
        new Reason.Because(Absence.EXCLUDED));
  }

  private static List<InterruptFate> fates() {
    InterruptTarget target = new InterruptTarget(3, false, 0x52, DeliveryMode.FIXED);
    return List.of(
        new InterruptFate.Delivered(target, RESERVED),
        new InterruptFate.Redirected(target, RESERVED),
        new InterruptFate.Posted(0x52, 0x7000, RESERVED),
        new InterruptFate.Blocked(0x22, FaultReason.INTERRUPT_NOT_PRESENT, RESERVED),
        new InterruptFate.Unknown(0x400200, Reason.of(Absence.EXCLUDED)));
  }

  private static List<Sighting> sightings() {
    List<Sighting> sightings = new ArrayList<>();
    Fault fault =
        new Fault(new Request(NVME, 0x2d000000, Access.READ), FaultReason.NO_READ_PERMISSION, true);
    Stream.of(From.values()).forEach(from -> sightings.add(new Sighting.Faulted(from, fault)));
    sightings.add(new Sighting.Blocked(NVME, 0x2d000000));
    sightings.add(
        new Sighting.BlockedInterrupt(
            new Subject.IoApic(RequesterId.parse("00:14.0")), 0xfee01004L, 0x30, "abort"));
    RegisterId command = new RegisterId("GCMD", 0x18);
    RegisterId unnamed = new RegisterId("", 0x220);
    sightings.add(new Sighting.RegistersAccessed(true, List.of(command, unnamed), 4));
    sightings.add(new Sighting.RegistersAccessed(false, List.of(command), 1));
    RegisterValue off = new RegisterValue(0x4000000, List.of("QIE"), Translation.OFF);
    RegisterValue on = new RegisterValue(0x84000000L, List.of("TE", "QIE"), Translation.ON);
    RegisterValue none = new RegisterValue(0, List.of(), Translation.OFF);
    sightings.add(Sighting.RegisterWritten.of(command, List.of(off)));
    sightings.add(Sighting.RegisterWritten.of(command, List.of(off, on, none)));
    sightings.add(
        Sighting.RegisterWritten.of(
            unnamed, Stream.of(1, 2, 3, 4, 5).map(n -> new RegisterValue(n)).toList()));
    sightings.add(
        new Sighting.RegisterChanged(new RegisterId("DevTabBar", 0), 0x10cc001, 0x3404e001));
    Stream.of(Touch.values())
        .forEach(t -> sightings.add(new Sighting.Touched(t, 0xfed90018L, 0x1)));
    for (Since since : Since.values()) {
      sightings.add(
          new Sighting.DeviceTablesMoved(since, 0x1000, 0x2000, UnitState.Translation.PASSES));
    }
    Stream.of(UnitState.Translation.values())
        .forEach(t -> sightings.add(new Sighting.DeviceTablesMoved(Since.CRASH, 1, 2, t)));
    sightings.add(new Sighting.WordChanged(0x1003000, 0x5003, 0));
    sightings.add(new Sighting.FaultsRecorded(0, 2));
    Stream.of(CoreHeaderFact.values())
        .forEach(f -> sightings.add(new Sighting.CoreHeader(f, 0x2d000000, RANGE)));
    sightings.add(violated(1));
    sightings.add(violated(1234));
    sightings.add(new Sighting.Meant(0x10fffe000L));
    Reason why = Reason.of(Said.NO_IOVA, new Reason.Value(0x4000), new Reason.LeadsTo(0x5000));
    sightings.add(
        new Sighting.Modelled(
            Reason.of(Said.CANNOT_MAP, new Reason.Name("disk"), new Reason.Because(why))));
    sightings.add(new Sighting.OtherRelease("5.10.0", "6.1.0"));
    sightings.add(new Sighting.PagesCompared(10, 2, 1, 1, List.of(0x1000L), List.of(0x2000L)));
    return sightings;
  }

  private static Sighting violated(long count) {
    return new Sighting.Violated(
        count,
        12,
        FaultReason.NO_READ_PERMISSION,
        new Subject.Requests(Verdicts.NVME, Access.WRITE),
        0x40000,
        0x41000,
        32,
        List.of(new Sighting.Modelled(Reason.of(Said.NOT_MAPPED_SO))));
  }

  private static List<Obstacle> obstacles() {
    List<Obstacle> obstacles = new ArrayList<>();
    obstacles.add(new Obstacle.NoMemory(List.of(RANGE)));
    Stream.of(Place.values()).forEach(p -> obstacles.add(new Obstacle.Overlap(p, RANGE)));
    obstacles.add(new Obstacle.BeyondReach(RANGE, new AddressRange(0, 0xffffff)));
    obstacles.add(new Obstacle.OfTable(TABLE));
    obstacles.add(new Obstacle.OfDevices(new Subject.Requesters(NVME)));
    List<RequesterId> many =
        IntStream.range(0, 10).mapToObj(devfn -> RequesterId.of(1, devfn)).toList();
    obstacles.add(new Obstacle.OfDevices(new Subject.Requesters(many.subList(0, 3))));
    obstacles.add(new Obstacle.OfDevices(new Subject.Requesters(many)));
    obstacles.add(new Obstacle.WordInUse(0x100fff8, 0x4889e5));
    obstacles.add(new Obstacle.ReadsBack(0x2337000, 0x10000003, 0));
    obstacles.add(new Obstacle.NotMapped(0x2d000000));
    obstacles.add(new Obstacle.InUseByProcessor("CR3", 0x2d000000));
    obstacles.add(new Obstacle.InterruptsPrepared(1, 206));
    obstacles.add(new Obstacle.NotWritten(RANGE, RESERVED));
    obstacles.add(new Obstacle.NotPrepared(new Hindrance(List.of(0x31, 0x32), RESERVED)));
    obstacles.add(new Obstacle.Required(TableFact.TABLE));
    Stream.of(EarlierState.values())
        .forEach(s -> obstacles.add(new Obstacle.Earlier(s, "guest.journal")));
    return obstacles;
  }

  /** Each kind's fields and constants are in the list above, or this fails. */
  @Test
  void noKindIsLeftOut() {
    assertEquals(kinds(Subject.class), classes(subjects()));
    assertEquals(kinds(Remedy.class), classes(remedies()));
    assertEquals(kinds(Evidence.class), classes(evidence()));
  }

  private static Set<Class<?>> kinds(Class<?> sealed) {
    Set<Class<?>> kinds = new HashSet<>();
    Arrays.stream(sealed.getPermittedSubclasses())
        .forEach(one -> {
          if (one.isInterface()) {
            kinds.addAll(kinds(one));
          } else {
            kinds.add(one);
          }
        });
    return kinds;
  }

  private static Set<Class<?>> classes(List<?> all) {
    Set<Class<?>> classes = new HashSet<>();
    all.forEach(one -> classes.add(one.getClass()));
    return classes;
  }

  /** {@return all of them in one verdict: a finding for each subject, the first with the rest} */
  static Verdict all() {
    List<Finding> findings = new ArrayList<>();
    List<Subject> subjects = subjects();
    subjects.forEach(subject ->
        findings.add(
            new Finding(
                FindingCode.A1,
                Severity.NOTE,
                subject,
                List.of(RANGE),
                findings.isEmpty() ? evidence() : List.of(),
                findings.isEmpty() ? remedies() : List.of())));
    return Verdict.of(findings);
  }

  @Test
  void peopleReadASentenceOfEach() throws IOException {
    StringBuilder out = new StringBuilder();
    subjects().forEach(s -> out.append("subject   ").append(SubjectText.of(s)).append('\n'));
    evidence().forEach(e -> out.append("evidence  ").append(EvidenceText.of(e)).append('\n'));
    remedies().forEach(r -> out.append("remedy    ").append(RemedyText.of(r)).append('\n'));
    Golden.check("facts.txt", out.toString());
  }

  @Test
  void programsReadTheMembersOfEachAndTheSameSentence() throws IOException {
    Golden.check("facts.json", JsonReport.text(JsonReport.of(all())));
  }
}
