// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.crashlane.guest.qtest.Commands;
import org.crashlane.guest.qtest.QTest;
import org.crashlane.iommu.vtd.Capabilities;
import org.crashlane.iommu.vtd.InvalidationRegisters;
import org.crashlane.iommu.vtd.InvalidationRegisters.Ccmd;
import org.crashlane.iommu.vtd.InvalidationRegisters.Iotlb;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.iommu.vtd.Registers.Gsts;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.crashlane.pci.RequesterId;

/** QEMU's Intel IOMMU as one to try cases on. */
final class VtdMachine implements UnitDriver {
  private static final long UNIT = 0xfed90000L;
  private static final int EDU_SLOT = 4;

  private final ProbeMachine description;
  private final FaultLog faults;
  private final long iotlb;

  private VtdMachine(ProbeMachine description, Capabilities can) {
    this.description = description;
    this.faults = new FaultLog(UNIT, can.faultRecordOffset());
    this.iotlb = UNIT + can.iotlbOffset() + InvalidationRegisters.IOTLB.offset();
  }

  /**
   * Starts QEMU.
   *
   * @param options the IOMMU's, such as {@code aw-bits=48}
   * @param mode one of the {@code TTM_} values of the root table address register
   * @param seed what the cases to come grow from, for the record
   */
  public static IommuMachine start(String options, int mode, long seed) throws IOException {
    return IommuMachine.start(
        "intel-iommu," + options,
        EDU_SLOT,
        (machine, requester) -> find(machine, options, requester, mode, seed));
  }

  /** Starts a QEMU that knows first-level tables, with them. */
  public static IommuMachine startFirstLevel(String options, long seed) throws IOException {
    return IommuMachine.start(
        Qemu.newer(),
        "intel-iommu," + options,
        EDU_SLOT,
        (machine, requester) -> find(machine, options, requester, Rtaddr.TTM_SCALABLE, seed));
  }

  private static VtdMachine find(
      QTest machine, String options, RequesterId requester, int mode, long seed)
      throws IOException {
    Commands commands = new Commands();
    int version = commands.readl(UNIT + Registers.VER.offset());
    int cap = commands.readq(UNIT + Registers.CAP.offset());
    int ecap = commands.readq(UNIT + Registers.ECAP.offset());
    long[] answers = machine.run(commands);
    ProbeMachine description =
        new ProbeMachine(
            machine.version() + ", intel-iommu",
            options,
            new UnitRegisters.Vtd(answers[version], answers[cap], answers[ecap]),
            IommuMachine.RAM_BYTES,
            List.of(ProbeMemory.ARENA),
            requester,
            ProbeMemory.ARENA.first() | Rtaddr.TTM.of(mode),
            seed);
    return new VtdMachine(description, new Capabilities(answers[cap], answers[ecap]));
  }

  @Override
  public ProbeMachine description() {
    return description;
  }

  @Override
  public List<TableWord> keptWords() {
    return List.of();
  }

  @Override
  public void useRoot(QTest machine, long root) throws IOException {
    Commands commands = new Commands();
    int status = commands.readl(UNIT + Registers.GSTS.offset());
    long enabled = Gsts.TES.inPlace(machine.run(commands)[status]);
    commands.clear();
    commands.writeq(UNIT + Registers.RTADDR.offset(), root);
    commands.writel(UNIT + Registers.GCMD.offset(), enabled | Gsts.RTPS.of(1));
    machine.run(commands);
  }

  @Override
  public void setTranslation(QTest machine, boolean on) throws IOException {
    Commands commands = new Commands();
    commands.writel(UNIT + Registers.GCMD.offset(), Gsts.TES.of(on ? 1 : 0));
    int status = commands.readl(UNIT + Registers.GSTS.offset());
    if (Gsts.TES.isSet(machine.run(commands)[status]) != on) {
      throw new IOException("the IOMMU did not switch translation " + (on ? "on" : "off"));
    }
  }

  @Override
  public void dropCaches(Commands commands) {
    commands.writeq(
        UNIT + Registers.CCMD.offset(),
        Ccmd.ICC.of(1) | Ccmd.CIRG.of(InvalidationRegisters.GLOBAL));
    commands.writeq(iotlb, Iotlb.IVT.of(1) | Iotlb.IIRG.of(InvalidationRegisters.GLOBAL));
  }

  @Override
  public int takeFault(Commands commands) {
    return faults.take(commands);
  }

  @Override
  public Optional<Observation.Faulted> fault(long[] answers, int first) {
    return FaultLog.decode(answers, first);
  }
}
