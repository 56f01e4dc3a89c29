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
import org.crashlane.pci.RequesterId;

/**
 * A QEMU with an IOMMU to try cases on: tables go into guest memory, the {@code edu} device makes
 * one transfer of 8 bytes, and what happened is read from memory and from the fault record.
 *
 * <p>Every word of memory outside the tables holds a mark of its own address, so a read tells where
 * it came from. A write carries a pattern of its own, which is then looked for in all of memory: it
 * cannot land anywhere unseen.
 *
 * <p>Cases run in batches, since the device's buffer is filled and emptied through memory with
 * translation off, and switching that is slow (about a millisecond).
 */
final class IommuMachine implements AutoCloseable {
  /** How many cases a batch may have: each needs two words of the device's buffer. */
  public static final int BATCH_CASES = EduDevice.USABLE_BUFFER_BYTES / ProbeBatch.SLOT_BYTES;

  /** How much memory it has. */
  static final long RAM_BYTES = 64L << 20;

  private static final long EDU_REGISTERS = 0xe0000000L;

  private final QTest machine;
  private final EduDevice edu;
  private final UnitDriver unit;
  private final MarkedRam ram;
  private long currentRoot;
  private Consumer<Optional<Observation.Faulted>> lastFault = _ -> {};

  private IommuMachine(QTest machine, EduDevice edu, UnitDriver unit) {
    this.machine = machine;
    this.edu = edu;
    this.unit = unit;
    this.ram = new MarkedRam(machine.ram());
  }

  /**
   * Starts the QEMU to test with.
   *
   * @param device the IOMMU, as QEMU's {@code -device} takes it
   * @param slot where on bus 0 the device that asks is
   */
  static IommuMachine start(String device, int slot, UnitDriver.Finder unit) throws IOException {
    return start(Qemu.program(), device, slot, unit);
  }

  /** As above, with {@code program} for QEMU. */
  static IommuMachine start(String program, String device, int slot, UnitDriver.Finder unit)
      throws IOException {
    List<String> devices = new ArrayList<>(List.of("-device", device));
    devices.addAll(EduDevice.arguments(slot));
    QTest machine = QTest.start(QTestConfig.q35(RAM_BYTES, devices).with(program));
    try {
      RequesterId requester = RequesterId.of(0, slot, 0);
      EduDevice edu = EduDevice.attach(machine, requester, EDU_REGISTERS);
      IommuMachine started = new IommuMachine(machine, edu, unit.find(machine, requester));
      started.ram.letUnitSet(started.description().updated());
      started.ram.markAll();
      started.ram.keep(started.unit.keptWords());
      started.runRoot(started.description().root());
      return started;
    } catch (IOException | RuntimeException e) {
      machine.close();
      throw e;
    }
  }

  /** {@return the machine, as a record of its probes begins} */
  public ProbeMachine description() {
    return unit.description();
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
    unit.setTranslation(machine, false);
    edu.read(MarkedRam.SCRATCH, 0, batch.slotBytes());
    unit.setTranslation(machine, true);
    for (int i = 0; i < cases.size(); i++) {
      tryCase(batch, i);
    }
    settle();
    unit.setTranslation(machine, false);
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
    unit.takeFault(commands);
    edu.acknowledge(commands);
    unit.dropCaches(commands);
    return commands;
  }

  /**
   * Starts a transfer and waits for its end. Its fault record is read in the exchange that starts
   * the next one, so that each probe costs one.
   */
  private void transfer(Commands start, Consumer<Optional<Observation.Faulted>> fault)
      throws IOException {
    long[] answers = machine.runToInterrupt(start);
    lastFault.accept(unit.fault(answers, 0));
    lastFault = fault;
  }

  /** Reads the fault record of the last transfer. */
  private void settle() throws IOException {
    Commands commands = new Commands();
    unit.takeFault(commands);
    lastFault.accept(unit.fault(machine.run(commands), 0));
    lastFault = _ -> {};
  }

  private void runRoot(long root) throws IOException {
    unit.useRoot(machine, root);
    currentRoot = root;
  }

  @Override
  public void close() throws IOException {
    machine.close();
  }
}
