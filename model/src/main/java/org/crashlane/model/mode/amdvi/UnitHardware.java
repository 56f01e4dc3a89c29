// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Known;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.amdvi.AmdviTables;
import org.crashlane.iommu.amdvi.Caches;
import org.crashlane.iommu.amdvi.Capabilities;
import org.crashlane.iommu.amdvi.Command;
import org.crashlane.iommu.amdvi.DeviceTableBase;
import org.crashlane.iommu.amdvi.DeviceTableEntry;
import org.crashlane.iommu.amdvi.EventCode;
import org.crashlane.iommu.amdvi.EventRecord;
import org.crashlane.iommu.amdvi.Registers;
import org.crashlane.iommu.amdvi.Registers.CapabilityHeader;
import org.crashlane.iommu.amdvi.Registers.Control;
import org.crashlane.iommu.amdvi.Registers.DevTabBase;
import org.crashlane.iommu.amdvi.Registers.ExclusionBase;
import org.crashlane.iommu.amdvi.Registers.Ring;
import org.crashlane.iommu.amdvi.Registers.Status;
import org.crashlane.iommu.amdvi.Unit;
import org.crashlane.iommu.amdvi.UnitConfig;
import org.crashlane.iommu.paging.DeviceEntryCache;
import org.crashlane.iommu.paging.WalkSink;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.ForwardingMemory;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.paging.Explanation;
import org.crashlane.model.mode.paging.RemappingUnit;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.IommuMemory;
import org.crashlane.rehearsal.IommuMemory.Part;

/**
 * One AMD IOMMU: registers, caches, and its ends of the command buffer and the event log. Commands
 * are carried out when software moves the tail, before anything else happens; nothing is dropped
 * from the caches but by them. Interrupts are not modelled.
 *
 * <p>Where SEV-SNP is on, firmware locks the base registers once the unit works with both its
 * rings: writes to them are ignored from then on.
 *
 * <p>Of memory that is encrypted the unit knows nothing: the bit that says so is an address bit to
 * it like any other, that comes out of its tables with a translation, or does not. Memory takes it.
 */
final class UnitHardware extends RemappingUnit<Caches> {
  /** AMD 48882 rev. 3.10, section 2.12.2.1: all that says where things are. */
  private static final List<Register> LOCKED_BY_SNP =
      List.of(
          Registers.DEV_TAB_BASE,
          Registers.CMD_BUF_BASE,
          Registers.EVT_LOG_BASE,
          Registers.EXCLUSION_BASE,
          Registers.EXCLUSION_LIMIT);

  private final int hostAddressWidth;
  private final long encryptionMask;
  private final long capabilityHeader;
  private final boolean snp;
  private boolean locked;
  private Unit unit;

  /** Makes a unit as firmware leaves it: off. */
  UnitHardware(ModeSpec.Amdvi spec, boolean cachesAbsent) {
    super(UnitRegisters.of(spec.snp()), new Caches());
    this.hostAddressWidth = spec.hostAddressWidth();
    this.encryptionMask = spec.encryption().known().addressMask();
    this.capabilityHeader =
        CapabilityHeader.ID.of(CapabilityHeader.ID_IOMMU)
            | CapabilityHeader.NP_CACHE.of(cachesAbsent ? 1 : 0);
    this.snp = spec.snp();
    this.unit = new Unit(config());
  }

  private UnitHardware(UnitHardware other) {
    super(other, other.caches().fork());
    this.hostAddressWidth = other.hostAddressWidth;
    this.encryptionMask = other.encryptionMask;
    this.capabilityHeader = other.capabilityHeader;
    this.snp = other.snp;
    this.locked = other.locked;
    this.unit = other.unit;
  }

  @Override
  protected void addRegistersTo(Fingerprint into) {
    UnitRegisters.addTo(into, registers());
    into.add(locked);
  }

  private UnitConfig config() {
    int width = Math.max(hostAddressWidth, Long.SIZE - Long.numberOfLeadingZeros(encryptionMask));
    UnitConfig read = UnitConfig.of(this, width, 0, true);
    return new UnitConfig(
        new Capabilities(read.capabilities().extFeatures(), capabilityHeader),
        read.physicalAddressWidth(),
        read.wholeMemory(),
        read.encryptionMask(),
        read.translationEnabled(),
        read.deviceTable(),
        read.guestTranslationEnabled(),
        read.exclusion());
  }

  @Override
  public boolean isTranslating() {
    return Control.IOMMU_EN.isSet(registers().get(Registers.CONTROL));
  }

  @Override
  public Outcome translate(WritableMemory memory, Request request) {
    WritableMemory encrypted = encrypted(memory);
    Outcome outcome = unit.translate(encrypted, caches(), request, WalkSink.NONE);
    if (outcome instanceof Outcome.Blocked blocked && blocked.fault().recorded()) {
      record(encrypted, blocked.fault());
    }
    return outcome;
  }

  /** {@return {@code memory}, that takes the bit that says encrypted for no address} */
  private WritableMemory encrypted(WritableMemory memory) {
    return encryptionMask == 0 ? memory : new EncryptedMemory(memory, encryptionMask);
  }

  /** Takes words by addresses with and without the bit; which of the two is right, nobody asks. */
  private static final class EncryptedMemory extends ForwardingMemory {
    private final long mask;

    EncryptedMemory(WritableMemory memory, long mask) {
      super(memory);
      this.mask = mask;
    }

    @Override
    public boolean exists(AddressRange range) {
      return super.exists(AddressRange.ofSize(range.first() & ~mask, range.sizeBytes()));
    }

    @Override
    public long readLong(long address) {
      return super.readLong(address & ~mask);
    }

    @Override
    public void readLongs(long address, long[] into, int count) {
      super.readLongs(address & ~mask, into, count);
    }

    @Override
    public void writeLong(long address, long value) {
      super.writeLong(address & ~mask, value);
    }
  }

  private void record(WritableMemory memory, Fault fault) {
    EventRecord event = EventRecord.of(fault, domainId(fault.request().requester()));
    if (EventLog.write(memory, registers(), event)) {
      recorded(fault);
    }
  }

  /** {@return the domain in the requester's entry, 0 where it has none} */
  private int domainId(RequesterId requester) {
    DeviceEntryCache entries = caches().deviceEntries();
    int place = entries.find(requester.value());
    return place == DeviceEntryCache.NOT_CACHED
        ? 0
        : DeviceTableEntry.domainId(entries.high(place));
  }

  @Override
  public List<IommuMemory> ownMemory() {
    List<IommuMemory> own = new ArrayList<>();
    long control = registers().get(Registers.CONTROL);
    if (Control.IOMMU_EN.isSet(control)) {
      long table = registers().get(Registers.DEV_TAB_BASE);
      add(own, Part.DEVICE_TABLE, DevTabBase.BASE.inPlace(table), DeviceTableBase.sizeBytes(table));
    }
    if (Control.CMD_BUF_EN.isSet(control)) {
      long ring = registers().get(Registers.CMD_BUF_BASE);
      long sizeBytes = (long) Command.BYTES << Ring.LENGTH.get(ring);
      add(own, Part.COMMAND_BUFFER, Ring.BASE.inPlace(ring), sizeBytes);
    }
    if (Control.EVENT_LOG_EN.isSet(control)) {
      own.add(new IommuMemory(Part.EVENT_LOG, EventLog.range(registers(), encryptionMask)));
    }
    if (snp) {
      long page = ExclusionBase.BASE.inPlace(registers().get(Registers.EXCLUSION_BASE));
      add(own, Part.COMPLETION_STORE, page, PageFrames.PAGE_BYTES);
    }
    return own;
  }

  private void add(List<IommuMemory> own, Part part, long address, long sizeBytes) {
    own.add(new IommuMemory(part, AddressRange.ofSize(address & ~encryptionMask, sizeBytes)));
  }

  @Override
  public boolean isLocked(int offset) {
    return locked && LOCKED_BY_SNP.stream().anyMatch(register -> register.offset() == offset);
  }

  @Override
  public List<Reason> explain(PhysicalMemory memory, Request request) {
    UnitConfig config = config().withEncryption(encryptionMask);
    Unit plain = new Unit(config);
    long base = config.deviceTable().registers().getFirst();
    Explanation way = new Explanation(isTranslating(), Registers.DEV_TAB_BASE, base);
    Outcome byTables = plain.translate(memory, Caches.none(), request, way);
    return way.with(byTables, plain.translate(memory, caches().fork(), request, WalkSink.NONE));
  }

  @Override
  public TranslationTables tables(PhysicalMemory memory) {
    return AmdviTables.open(
        memory,
        this,
        new HostFacts(
            hostAddressWidth,
            encryptionMask,
            Known.of(CapabilityHeader.NP_CACHE.isSet(capabilityHeader)),
            Set.of()));
  }

  @Override
  protected void write(WritableMemory memory, Register register, long value) {
    if (locked && isLockedBySnp(register)) {
      return;
    }
    registers().write(register, value);
    if (register.is(Registers.CMD_BUF_BASE)) {
      setHead(Registers.CMD_HEAD, Registers.CMD_TAIL);
    } else if (register.is(Registers.EVT_LOG_BASE)) {
      setHead(Registers.EVT_HEAD, Registers.EVT_TAIL);
    } else if (isLockedBySnp(register)) {
      unit = new Unit(config());
    } else if (register.is(Registers.CONTROL)) {
      control(registers().get(register));
      obey(encrypted(memory));
    } else if (register.is(Registers.CMD_TAIL)) {
      obey(encrypted(memory));
    }
  }

  private static boolean isLockedBySnp(Register register) {
    return LOCKED_BY_SNP.stream().anyMatch(register::is);
  }

  /** A new base begins with an empty ring. */
  private void setHead(Register head, Register tail) {
    registers().set(head, 0);
    registers().set(tail, 0);
  }

  private void control(long control) {
    boolean on = Control.IOMMU_EN.isSet(control);
    boolean commands = on && Control.CMD_BUF_EN.isSet(control);
    boolean events = on && Control.EVENT_LOG_EN.isSet(control);
    long status = registers().get(Registers.STATUS);
    registers()
        .set(
            Registers.STATUS,
            Status.EVENT_LOG_RUN.with(
                Status.CMD_BUF_RUN.with(status, commands ? 1 : 0), events ? 1 : 0));
    locked |= snp && commands && events;
    unit = new Unit(config());
  }

  private void obey(WritableMemory memory) {
    while (CommandBuffer.isPending(registers())) {
      Optional<Command> command = CommandBuffer.take(memory, registers());
      if (command.isEmpty()) {
        refuse(memory, EventCode.COMMAND_HARDWARE_ERROR);
      } else if (command.get() instanceof Command.Illegal) {
        refuse(memory, EventCode.ILLEGAL_COMMAND_ERROR);
      } else if (command.get() instanceof Command.CompletionWait wait) {
        complete(memory, wait);
      } else {
        caches().obey(command.get());
      }
    }
  }

  private static void complete(WritableMemory memory, Command.CompletionWait wait) {
    wait.storeAddress()
        .ifPresent(at -> {
          if (memory.exists(AddressRange.ofSize(at, Long.BYTES))) {
            memory.writeLong(at, wait.storeData());
          }
        });
  }

  private void refuse(WritableMemory memory, EventCode code) {
    CommandBuffer.stop(registers());
    long at = registers().get(Registers.CMD_HEAD);
    EventLog.write(
        memory, registers(), new EventRecord(code.code(), new RequesterId(0), 0, 0, 0, at));
  }

  @Override
  public UnitHardware fork() {
    return new UnitHardware(this);
  }
}
