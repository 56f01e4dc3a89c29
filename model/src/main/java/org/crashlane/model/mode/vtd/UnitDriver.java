// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import java.util.List;
import java.util.stream.IntStream;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.vtd.Capabilities;
import org.crashlane.iommu.vtd.InvalidationRegisters;
import org.crashlane.iommu.vtd.InvalidationRegisters.Ccmd;
import org.crashlane.iommu.vtd.InvalidationRegisters.Iotlb;
import org.crashlane.iommu.vtd.InvalidationRegisters.Iva;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.iommu.vtd.Registers.Cap;
import org.crashlane.iommu.vtd.Registers.Ecap;
import org.crashlane.iommu.vtd.Registers.Gcmd;
import org.crashlane.iommu.vtd.Registers.Gsts;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.pci.RequesterId;

/**
 * How a kernel commands one unit: by its registers alone (Linux 2.6.27 drivers/pci/intel-iommu.c,
 * the register-based functions). Has no state but what the unit told of itself.
 *
 * @param index the unit's place in the machine's description
 * @param base physical address of its registers
 * @param capabilities what it said it can do
 */
record UnitDriver(int index, long base, Capabilities capabilities) {

  /** {@return the drivers of all units, their capabilities read from them} */
  static List<UnitDriver> of(Cpu cpu, MachineSpec machine) {
    List<Long> bases =
        machine.spec(ModeSpec.Vtd.class).units().stream().map(unit -> unit.registerBase()).toList();
    return IntStream.range(0, bases.size())
        .mapToObj(i -> new UnitDriver(i, bases.get(i), capabilities(cpu, bases.get(i))))
        .toList();
  }

  private static Capabilities capabilities(Cpu cpu, long base) {
    return new Capabilities(
        cpu.mmio().read(base, Registers.CAP), cpu.mmio().read(base, Registers.ECAP));
  }

  boolean cachesAbsent() {
    return capabilities.cachesAbsent();
  }

  /** {@return true if the unit passes requests to read nothing without the read right} */
  boolean passesZeroLengthReads() {
    return Cap.ZLR.isSet(capabilities.cap());
  }

  boolean abortsDma() {
    return Ecap.ADMS.isSet(capabilities.ecap());
  }

  boolean isTranslating(Cpu cpu) {
    return Gsts.TES.isSet(cpu.mmio().read(base, Registers.GSTS));
  }

  long rootAddress(Cpu cpu) {
    return cpu.mmio().read(base, Registers.RTADDR);
  }

  /** Makes {@code rootAddress}, mode and all, take effect and drops all that was cached. */
  void useRoot(Cpu cpu, long rootAddress) {
    cpu.mmio().write(base, Registers.RTADDR, rootAddress);
    command(cpu, Gcmd.SRTP.with(enabled(cpu), 1));
    flushContexts(cpu);
    flushTranslations(cpu);
  }

  void enable(Cpu cpu) {
    command(cpu, Gcmd.TE.mask());
  }

  void disable(Cpu cpu) {
    command(cpu, 0);
  }

  private long enabled(Cpu cpu) {
    return Gsts.TES.inPlace(cpu.mmio().read(base, Registers.GSTS));
  }

  private void command(Cpu cpu, long value) {
    cpu.mmio().write(base, Registers.GCMD, value);
  }

  void flushContexts(Cpu cpu) {
    contexts(cpu, Ccmd.CIRG.of(InvalidationRegisters.GLOBAL));
  }

  /**
   * Drops one requester's context entry.
   *
   * @param domainId as the entry had it; 0 for one that was not present
   */
  void flushContext(Cpu cpu, RequesterId requester, int domainId) {
    contexts(
        cpu,
        Ccmd.CIRG.of(InvalidationRegisters.SELECTIVE)
            | Ccmd.SID.of(requester.value())
            | Ccmd.DID.of(domainId));
  }

  private void contexts(Cpu cpu, long what) {
    cpu.mmio().write(base, Registers.CCMD, what | Ccmd.ICC.mask());
    requireDone(Ccmd.ICC.isSet(cpu.mmio().read(base, Registers.CCMD)), Registers.CCMD);
  }

  void flushTranslations(Cpu cpu) {
    translations(cpu, Iotlb.IIRG.of(InvalidationRegisters.GLOBAL));
  }

  void flushTranslations(Cpu cpu, int domainId) {
    translations(cpu, Iotlb.IIRG.of(InvalidationRegisters.DOMAIN) | Iotlb.DID.of(domainId));
  }

  /**
   * Drops the translations of a block of pages; of the whole domain, where the unit cannot do less.
   *
   * @param pagesOrder how many pages, as a power of two; {@code iova} is aligned to so many
   */
  void flushTranslations(Cpu cpu, int domainId, long iova, int pagesOrder) {
    long cap = capabilities.cap();
    if (!Cap.PSI.isSet(cap) || pagesOrder > Cap.MAMV.get(cap)) {
      flushTranslations(cpu, domainId);
      return;
    }
    cpu.mmio()
        .write(
            invalidation(),
            InvalidationRegisters.IVA,
            Iva.ADDR.inPlace(iova) | Iva.AM.of(pagesOrder));
    translations(cpu, Iotlb.IIRG.of(InvalidationRegisters.SELECTIVE) | Iotlb.DID.of(domainId));
  }

  private void translations(Cpu cpu, long what) {
    long command = what | Iotlb.IVT.mask() | Iotlb.DR.mask() | Iotlb.DW.mask();
    cpu.mmio().write(invalidation(), InvalidationRegisters.IOTLB, command);
    long answer = cpu.mmio().read(invalidation(), InvalidationRegisters.IOTLB);
    requireDone(Iotlb.IVT.isSet(answer), InvalidationRegisters.IOTLB);
  }

  private long invalidation() {
    return base + capabilities.iotlbOffset();
  }

  private void requireDone(boolean pending, Register register) {
    if (pending) {
      throw new IllegalStateException(
          "unit " + index + " does not finish what " + register.name() + " asks");
    }
  }
}
