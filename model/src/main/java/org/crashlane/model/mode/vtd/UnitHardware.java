// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.paging.WalkSink;
import org.crashlane.iommu.vtd.Caches;
import org.crashlane.iommu.vtd.Capabilities;
import org.crashlane.iommu.vtd.FaultRecord;
import org.crashlane.iommu.vtd.InvalidationRegisters;
import org.crashlane.iommu.vtd.InvalidationRegisters.Ccmd;
import org.crashlane.iommu.vtd.InvalidationRegisters.Iotlb;
import org.crashlane.iommu.vtd.InvalidationRegisters.Iva;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.iommu.vtd.Registers.Fsts;
import org.crashlane.iommu.vtd.Registers.Gcmd;
import org.crashlane.iommu.vtd.Registers.Gsts;
import org.crashlane.iommu.vtd.Unit;
import org.crashlane.iommu.vtd.UnitConfig;
import org.crashlane.iommu.vtd.VtdTables;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.hardware.RegisterBank;
import org.crashlane.model.mode.paging.Explanation;
import org.crashlane.model.mode.paging.RemappingUnit;
import org.crashlane.pci.RequesterId;

/**
 * One VT-d unit: registers, caches, one fault record. The root table address takes effect when
 * GCMD.SRTP is written; nothing is dropped from the caches then (CAP.ESRTPS is clear), nor when
 * translation is switched. Commands are done when the write is. Fault interrupts are not modelled.
 */
final class UnitHardware extends RemappingUnit<Caches> {
  private final int hostAddressWidth;
  private long rootInEffect;
  private Unit unit;

  /** Makes a unit as firmware leaves it: off. */
  UnitHardware(int hostAddressWidth, RegisterBank registers) {
    super(registers, new Caches());
    this.hostAddressWidth = hostAddressWidth;
    this.unit = new Unit(config());
  }

  private UnitHardware(UnitHardware other) {
    super(other, other.caches().fork());
    this.hostAddressWidth = other.hostAddressWidth;
    this.rootInEffect = other.rootInEffect;
    this.unit = other.unit;
  }

  @Override
  public UnitHardware fork() {
    return new UnitHardware(this);
  }

  @Override
  protected void addRegistersTo(Fingerprint into) {
    UnitRegisters.addTo(into, registers());
    into.add(rootInEffect);
  }

  /** {@return how the unit is set now} */
  UnitConfig config() {
    return new UnitConfig(
        new Capabilities(registers().get(Registers.CAP), registers().get(Registers.ECAP)),
        hostAddressWidth,
        isTranslating(),
        rootInEffect,
        true);
  }

  @Override
  public boolean isTranslating() {
    return Gsts.TES.isSet(registers().get(Registers.GSTS));
  }

  @Override
  public Outcome translate(WritableMemory memory, Request request) {
    Outcome outcome = unit.translate(memory, caches(), request, WalkSink.NONE);
    if (outcome instanceof Outcome.Blocked blocked && blocked.fault().recorded()) {
      record(blocked.fault());
    }
    return outcome;
  }

  /** One record: while it holds a fault, more are lost, and nothing is recorded until PFO is 0. */
  private void record(Fault fault) {
    long status = registers().get(Registers.FSTS);
    if (Fsts.PFO.isSet(status)) {
      return;
    }
    if (FaultRecord.F.isSet(registers().get(UnitRegisters.FRCD_HIGH))) {
      registers().set(Registers.FSTS, Fsts.PFO.with(status, 1));
      return;
    }
    FaultRecord record = FaultRecord.of(fault);
    registers().set(UnitRegisters.FRCD_LOW, record.low());
    registers().set(UnitRegisters.FRCD_HIGH, record.high());
    registers().set(Registers.FSTS, Fsts.PPF.with(status, 1));
    recorded(fault);
  }

  @Override
  public List<Reason> explain(PhysicalMemory memory, Request request) {
    Explanation way = new Explanation(isTranslating(), Registers.RTADDR, rootInEffect);
    Outcome byTables = unit.translate(memory, Caches.none(), request, way);
    return way.with(byTables, unit.translate(memory, caches().fork(), request, WalkSink.NONE));
  }

  @Override
  public TranslationTables tables(PhysicalMemory memory) {
    return VtdTables.open(memory, inEffect(), new HostFacts(hostAddressWidth));
  }

  /** {@return the registers, with the root table address that is in effect} */
  private RegisterFile inEffect() {
    return new RegisterFile() {
      @Override
      public long read32(int offset) {
        return UnitHardware.this.read32(offset);
      }

      @Override
      public long read64(int offset) {
        return offset == Registers.RTADDR.offset()
            ? rootInEffect
            : UnitHardware.this.read64(offset);
      }
    };
  }

  @Override
  protected void write(WritableMemory memory, Register register, long value) {
    registers().write(register, value);
    if (register.is(Registers.GCMD)) {
      command(value);
    } else if (register.is(Registers.CCMD) && Ccmd.ICC.isSet(value)) {
      invalidateContexts(registers().get(register));
    } else if (register.is(UnitRegisters.IOTLB) && Iotlb.IVT.isSet(value)) {
      invalidateTranslations(registers().get(register));
    } else if (register.is(UnitRegisters.FRCD_HIGH)) {
      long pending = FaultRecord.F.get(registers().get(register));
      registers().set(Registers.FSTS, Fsts.PPF.with(registers().get(Registers.FSTS), pending));
    }
  }

  private void command(long value) {
    long status = registers().get(Registers.GSTS);
    if (Gcmd.SRTP.isSet(value)) {
      rootInEffect = registers().get(Registers.RTADDR);
      status = Gsts.RTPS.with(status, 1);
    }
    registers().set(Registers.GSTS, Gsts.TES.with(status, Gcmd.TE.get(value)));
    unit = new Unit(config());
  }

  private void invalidateContexts(long command) {
    int domainId = (int) Ccmd.DID.get(command);
    long asked = Ccmd.CIRG.get(command);
    switch ((int) asked) {
      case InvalidationRegisters.GLOBAL -> caches().dropDeviceEntries();
      case InvalidationRegisters.DOMAIN -> caches().dropContexts(domainId);
      case InvalidationRegisters.SELECTIVE ->
          caches()
              .dropContexts(
                  domainId,
                  new RequesterId((int) Ccmd.SID.get(command)),
                  (int) Ccmd.FM.get(command));
      default -> {
        // Reserved: nothing is asked for.
      }
    }
    registers().set(Registers.CCMD, Ccmd.CAIG.with(registers().get(Registers.CCMD), asked));
  }

  /** IVA serves one command: software that does not write it anew gets page 0 dropped. */
  private void invalidateTranslations(long command) {
    int domainId = (int) Iotlb.DID.get(command);
    long asked = Iotlb.IIRG.get(command);
    long address = registers().get(UnitRegisters.IVA);
    switch ((int) asked) {
      case InvalidationRegisters.GLOBAL -> caches().dropTranslations();
      case InvalidationRegisters.DOMAIN -> caches().dropTranslations(domainId);
      case InvalidationRegisters.SELECTIVE ->
          caches().dropTranslations(domainId, Iva.ADDR.inPlace(address), (int) Iva.AM.get(address));
      default -> {
        // Reserved: nothing is asked for.
      }
    }
    registers().set(UnitRegisters.IVA, 0);
    registers()
        .set(UnitRegisters.IOTLB, Iotlb.IAIG.with(registers().get(UnitRegisters.IOTLB), asked));
  }
}
