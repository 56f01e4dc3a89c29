// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.gart;

import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.gart.Aperture;
import org.crashlane.iommu.gart.CacheState;
import org.crashlane.iommu.gart.CpuOutcome;
import org.crashlane.iommu.gart.Gpte;
import org.crashlane.iommu.gart.Redirection;
import org.crashlane.iommu.gart.Registers;
import org.crashlane.iommu.gart.Registers.ApertureCtl;
import org.crashlane.iommu.gart.UnitConfig;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;
import org.crashlane.model.hardware.ConfigAddress;
import org.crashlane.model.hardware.Fingerprint;
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

  /** {@return what serves {@code iova} now, in words} */
  String explain(PhysicalMemory memory, long iova) {
    if (redirection.forDevices().isEmpty()) {
      return "the GART is off: %s is the physical address".formatted(Hex.of(iova));
    }
    Aperture aperture = redirection.forDevices().get();
    if (!aperture.contains(iova)) {
      return "outside the %s: %s is the physical address".formatted(aperture, Hex.of(iova));
    }
    long cached = cache.cached(aperture.indexOf(iova));
    return "%s: entry %d of the table at %s is %s%s"
        .formatted(
            aperture,
            aperture.indexOf(iova),
            Hex.of(config.table()),
            inTable(memory, iova),
            Gpte.isValid(cached) ? ", cached is " + describe(cached) : "");
  }

  private String inTable(PhysicalMemory memory, long iova) {
    try {
      return describe(config.flat().read(memory, config.flat().indexOf(iova)));
    } catch (UnreadableMemoryException e) {
      return "not in memory";
    }
  }

  private static String describe(long entry) {
    return Gpte.isValid(entry)
        ? Hex.of(entry) + " -> " + Hex.of(Gpte.physicalAddress(entry))
        : Hex.of(entry) + " (not valid)";
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
