// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.crashlane.guest.qtest.Commands;
import org.crashlane.guest.qtest.EduDevice;
import org.crashlane.guest.qtest.QTest;
import org.crashlane.guest.qtest.QTestConfig;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.vtd.Capabilities;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.iommu.vtd.Registers.Gsts;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.crashlane.pci.RequesterId;

/**
 * QEMU's Intel IOMMU as a machine to try cases on: tables go into guest memory, the {@code edu}
 * device makes one transfer of 8 bytes, and what happened is read from memory and from the fault
 * record.
 *
 * <p>Every word of memory outside the tables holds a mark of its own address, so a read tells where
 * it came from. A write carries a pattern of its own, which is then looked for in all of memory: it
 * cannot land anywhere unseen.
 *
 * <p>Cases run in batches, since the device's buffer is filled and emptied through memory with
 * translation off, and switching that is slow (about a millisecond).
 */
public final class VtdMachine implements AutoCloseable {
  /** How many cases a batch may have: each needs two words of the device's buffer. */
  public static final int BATCH_CASES = EduDevice.USABLE_BUFFER_BYTES / ProbeBatch.SLOT_BYTES;

  private static final long UNIT = 0xfed90000L;
  private static final long EDU_REGISTERS = 0xe0000000L;
  private static final int EDU_SLOT = 4;
  private static final long RAM_BYTES = 64L << 20;

  private final QTest machine;
  private final EduDevice edu;
  private final FaultLog faults;
  private final MarkedRam ram;
  private final ProbeMachine description;
  private final long iotlb;
  private long currentRoot;
  private Consumer<Optional<Observation.Faulted>> lastFault = _ -> {};

  private VtdMachine(QTest machine, EduDevice edu, ProbeMachine description) {
    Capabilities can = new Capabilities(description.capability(), description.extendedCapability());
    this.machine = machine;
    this.edu = edu;
    this.description = description;
    this.faults = new FaultLog(UNIT, can.faultRecordOffset());
    this.ram = new MarkedRam(machine.ram());
    this.iotlb = UNIT + can.iotlbOffset() + Long.BYTES;
  }

  /**
   * Starts QEMU.
   *
   * @param options the IOMMU's, such as {@code aw-bits=48}
   * @param mode one of the {@code TTM_} values of the root table address register
   * @param seed what the cases to come grow from, for the record
   */
  public static VtdMachine start(String options, int mode, long seed) throws IOException {
    List<String> devices = new ArrayList<>(List.of("-device", "intel-iommu," + options));
    devices.addAll(EduDevice.arguments(EDU_SLOT));
    QTest machine = QTest.start(QTestConfig.q35(RAM_BYTES, devices));
    try {
      RequesterId requester = RequesterId.of(0, EDU_SLOT, 0);
      EduDevice edu = EduDevice.attach(machine, requester, EDU_REGISTERS);
      VtdMachine vtd =
          new VtdMachine(machine, edu, describe(machine, options, requester, mode, seed));
      vtd.ram.markAll();
      vtd.runRoot(vtd.description.root());
      return vtd;
    } catch (IOException | RuntimeException e) {
      machine.close();
      throw e;
    }
  }

  private static ProbeMachine describe(
      QTest machine, String options, RequesterId requester, int mode, long seed)
      throws IOException {
    Commands commands = new Commands();
    int version = commands.readl(UNIT + Registers.VER);
    int cap = commands.readq(UNIT + Registers.CAP);
    int ecap = commands.readq(UNIT + Registers.ECAP);
    long[] answers = machine.run(commands);
    return new ProbeMachine(
        machine.version() + ", intel-iommu",
        options,
        answers[version],
        answers[cap],
        answers[ecap],
        RAM_BYTES,
        requester,
        ProbeMemory.ARENA.first() | Rtaddr.TTM.of(mode),
        seed);
  }

  /** {@return the machine, as a record of its probes begins} */
  public ProbeMachine description() {
    return description;
  }

  /**
   * Tries each case, with cold caches, once reading and once writing. In the interrupt window it is
   * only read: QEMU would take a write there as an interrupt, which may reset its processor.
   *
   * @param cases at most {@link #BATCH_CASES}
   */
  public List<Probe> probe(List<ProbeCase> cases) throws IOException {
    ProbeBatch batch = new ProbeBatch(cases);
    ram.putIntoScratch(batch.slots());
    setTranslation(false);
    edu.read(MarkedRam.SCRATCH, 0, batch.slotBytes());
    setTranslation(true);
    for (int i = 0; i < cases.size(); i++) {
      tryCase(batch, i);
    }
    settle();
    setTranslation(false);
    edu.write(MarkedRam.SCRATCH, 0, batch.slotBytes());
    batch.takeSlots(ram.takeFromScratch(batch.slots().length));
    ram.takeForeignWords(batch::landed);
    return batch.probes();
  }

  private void tryCase(ProbeBatch batch, int index) throws IOException {
    ProbeCase tables = batch.tables(index);
    ram.loadArena(tables.words());
    if (tables.root() != currentRoot) {
      runRoot(tables.root());
    }
    Commands read = prelude();
    edu.startRead(read, tables.iova(), ProbeBatch.readSlot(index), Long.BYTES);
    transfer(read, fault -> batch.faulted(index, Access.READ, fault));
    if (ProbeBatch.mayWrite(tables.iova())) {
      Commands write = prelude();
      edu.startWrite(write, tables.iova(), ProbeBatch.writeSlot(index), Long.BYTES);
      transfer(write, fault -> batch.faulted(index, Access.WRITE, fault));
      ram.takeForeignWordsOfArena(batch::landed);
    }
  }

  /** What goes before each transfer: the end of the one before, and cold caches. */
  private Commands prelude() {
    Commands commands = new Commands();
    faults.take(commands);
    edu.acknowledge(commands);
    commands.writeq(UNIT + Registers.CCMD, InvalidationRegisters.ALL_CONTEXTS);
    commands.writeq(iotlb, InvalidationRegisters.ALL_TRANSLATIONS);
    return commands;
  }

  /**
   * Starts a transfer and waits for its end. Its fault record is read in the exchange that starts
   * the next one, so that each probe costs one.
   */
  private void transfer(Commands start, Consumer<Optional<Observation.Faulted>> fault)
      throws IOException {
    long[] answers = machine.runToInterrupt(start);
    lastFault.accept(FaultLog.decode(answers, 0));
    lastFault = fault;
  }

  /** Reads the fault record of the last transfer. */
  private void settle() throws IOException {
    Commands commands = new Commands();
    faults.take(commands);
    lastFault.accept(FaultLog.decode(machine.run(commands), 0));
    lastFault = _ -> {};
  }

  /** Makes the unit take {@code root}, and leaves translation as it is. */
  private void runRoot(long root) throws IOException {
    Commands commands = new Commands();
    int status = commands.readl(UNIT + Registers.GSTS);
    long enabled = Gsts.TES.inPlace(machine.run(commands)[status]);
    commands.clear();
    commands.writeq(UNIT + Registers.RTADDR, root);
    commands.writel(UNIT + Registers.GCMD, enabled | Gsts.RTPS.of(1));
    machine.run(commands);
    currentRoot = root;
  }

  private void setTranslation(boolean on) throws IOException {
    Commands commands = new Commands();
    commands.writel(UNIT + Registers.GCMD, Gsts.TES.of(on ? 1 : 0));
    int status = commands.readl(UNIT + Registers.GSTS);
    if (Gsts.TES.isSet(machine.run(commands)[status]) != on) {
      throw new IOException("the IOMMU did not switch translation " + (on ? "on" : "off"));
    }
  }

  @Override
  public void close() throws IOException {
    machine.close();
  }
}
