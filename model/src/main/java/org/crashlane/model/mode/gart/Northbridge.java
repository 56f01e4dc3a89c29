// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.gart;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.gart.Aperture;
import org.crashlane.iommu.gart.CacheState;
import org.crashlane.iommu.gart.CpuOutcome;
import org.crashlane.iommu.gart.FaultReason;
import org.crashlane.iommu.gart.Gpte;
import org.crashlane.iommu.gart.Redirection;
import org.crashlane.iommu.gart.Registers;
import org.crashlane.iommu.gart.Registers.ApertureCtl;
import org.crashlane.iommu.gart.UnitConfig;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;
import org.crashlane.model.hardware.ConfigAddress;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.hardware.Found;
import org.crashlane.model.hardware.RegisterBank;

/** One northbridge: the four registers of its GART, and the entries that it has cached. */
final class Northbridge {
  /**
   * How many entries it caches. What hardware has is not known; a larger cache makes each copy of a
   * machine dearer.
   */
  static final int CACHED_COUNT = 64;

  private static final RegisterBank.Places PLACES =
      RegisterBank.Places.of(
          List.of(
              Registers.APERTURECTL,
              Registers.APERTUREBASE,
              Registers.TABLEBASE,
              Registers.CACHECTL),
          ConfigAddress.SPACE_BYTES);

  private final CacheState cache;

  /** All but the cache control register, which is the cache's. */
  private final RegisterBank registers;

  private UnitConfig config;
  private Redirection redirection;

  private Northbridge(
      CacheState cache, RegisterBank registers, UnitConfig config, Redirection redirection) {
    this.cache = cache;
    this.registers = registers;
    this.config = config;
    this.redirection = redirection;
  }

  /** {@return one after reset: its aperture is off} */
  static Northbridge reset() {
    UnitConfig off = new UnitConfig(0, 0, 0, true);
    return new Northbridge(
        CacheState.ofCapacity(CACHED_COUNT), new RegisterBank(PLACES), off, new Redirection(off));
  }

  Northbridge copy() {
    return new Northbridge(cache.copy(), registers.fork(), config, redirection);
  }

  /** {@return how its registers are set, as far as they have an effect} */
  UnitConfig config() {
    return config;
  }

  Redirection redirection() {
    return redirection;
  }

  static boolean hasRegister(int offset) {
    return PLACES.isRegister(offset);
  }

  long read(int offset) {
    return isCacheControl(offset) ? cache.control() : registers.read32(offset);
  }

  void write(int offset, long value) {
    if (isCacheControl(offset)) {
      cache.writeControl(value);
    } else {
      registers.write(PLACES.at(offset), value);
      decode();
    }
  }

  private static boolean isCacheControl(int offset) {
    return offset == Registers.CACHECTL.offset();
  }

  /** The reserved size is taken for none: what hardware does with it is not known. */
  private void decode() {
    long apertureControl = registers.get(Registers.APERTURECTL);
    boolean reserved = ApertureCtl.SIZE_ORDER.get(apertureControl) > Aperture.ORDER_MAX;
    long control = reserved ? ApertureCtl.GARTEN.with(apertureControl, 0) : apertureControl;
    config =
        new UnitConfig(
            control,
            registers.get(Registers.APERTUREBASE),
            registers.get(Registers.TABLEBASE),
            true);
    redirection = new Redirection(config);
  }

  Outcome translate(PhysicalMemory memory, Request request) {
    return redirection.translate(memory, cache, request);
  }

  CpuOutcome accessByCpu(PhysicalMemory memory, long address) {
    return redirection.accessByCpu(memory, cache, address);
  }

  static Reason machineCheck(CpuOutcome.MachineCheck check) {
    return Reason.of(
        Found.MACHINE_CHECK,
        new Reason.At(check.address()),
        new Reason.Because(
            Reason.of(
                Found.ERROR_CODE,
                new Reason.Value(check.reason().code()),
                new Reason.Because(check.reason()))));
  }

  /** {@return what serves {@code iova} now} */
  List<Reason> explain(PhysicalMemory memory, long iova) {
    Reason.Value asked = new Reason.Value(iova);
    if (redirection.forDevices().isEmpty()) {
      return List.of(Reason.of(Found.TRANSLATION_OFF), Reason.of(Found.PASSES, asked));
    }
    AddressRange aperture = redirection.forDevices().get().range();
    Reason.Addresses where = new Reason.Addresses(aperture.first(), aperture.last());
    if (!aperture.contains(iova)) {
      return List.of(Reason.of(Found.OUTSIDE_APERTURE, where), Reason.of(Found.PASSES, asked));
    }
    int index = redirection.forDevices().get().indexOf(iova);
    List<Reason> found = new ArrayList<>();
    found.add(Reason.of(Found.APERTURE, where));
    found.add(
        Reason.of(
            Found.TABLE,
            new Reason.At(config.table()),
            new Reason.Index(index, config.flat().entryCount())));
    found.add(inTable(memory, iova));
    long cached = cache.cached(index);
    if (Gpte.isValid(cached)) {
      found.add(entry(Found.CACHED_ENTRY, cached));
    }
    return found;
  }

  private Reason inTable(PhysicalMemory memory, long iova) {
    try {
      return entry(Found.ENTRY, config.flat().read(memory, config.flat().indexOf(iova)));
    } catch (UnreadableMemoryException e) {
      return Reason.of(Found.NO_MEMORY, new Reason.Value(e.address()));
    }
  }

  private static Reason entry(Found which, long entry) {
    Reason found = Reason.of(which, new Reason.Value(entry));
    return Gpte.isValid(entry)
        ? found.with(new Reason.LeadsTo(Gpte.physicalAddress(entry)))
        : found.with(new Reason.Because(FaultReason.ENTRY_NOT_VALID));
  }

  void addTo(Fingerprint into) {
    into.add(registers.get(Registers.APERTURECTL));
    into.add(registers.get(Registers.APERTUREBASE));
    into.add(registers.get(Registers.TABLEBASE));
    into.add(cache.control());
    into.add(cache.cachedCount());
    cache.forEach((index, entry) -> {
      into.add(index);
      into.add(entry);
    });
  }
}
