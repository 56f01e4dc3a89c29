// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.guest.qtest.Commands;
import org.crashlane.guest.qtest.QTest;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.amdvi.Command;
import org.crashlane.iommu.amdvi.DeviceTableBase;
import org.crashlane.iommu.amdvi.Registers;
import org.crashlane.iommu.amdvi.Registers.Control;
import org.crashlane.iommu.amdvi.Registers.Ring;
import org.crashlane.pci.RequesterId;

/**
 * QEMU's AMD IOMMU as one to try cases on. Its event log is left off: QEMU 7.2 writes none, so
 * nothing is seen of a fault but that the request did not arrive.
 */
final class AmdviMachine implements UnitDriver {
  /** The first page of the device table: the device's entry is the first of the second page. */
  static final int DEVICE_TABLE_PAGE = 6;

  /** How much of the device table there is in most cases. */
  static final long DEVICE_TABLE_BYTES = 2 * PageArena.PAGE_BYTES;

  private static final long UNIT = 0xfed80000L;

  /**
   * Function 0 there has device id 0x80: the first that a device table of a page has no entry for.
   */
  private static final int EDU_SLOT = 0x10;

  private static final long COMMANDS = 0x180000;
  private static final int COMMANDS_ORDER = 8;
  private static final int COMMAND_COUNT = 1 << COMMANDS_ORDER;

  private final ProbeMachine description;
  private int nextCommand;

  private AmdviMachine(ProbeMachine description) {
    this.description = description;
  }

  /**
   * Starts QEMU.
   *
   * @param options the IOMMU's, such as {@code intremap=on}, or none
   * @param seed what the cases to come grow from, for the record
   */
  public static IommuMachine start(String options, long seed) throws IOException {
    // QEMU 10.0 translates nothing without; 7.2 has the option, and no use for it.
    String device = "amd-iommu,pt=off" + (options.isEmpty() ? "" : "," + options);
    return IommuMachine.start(
        device, EDU_SLOT, (machine, requester) -> find(machine, options, requester, seed));
  }

  private static AmdviMachine find(QTest machine, String options, RequesterId requester, long seed)
      throws IOException {
    Commands commands = new Commands();
    int features = commands.readq(UNIT + Registers.EXT_FEATURES.offset());
    long buffer = Ring.BASE.inPlace(COMMANDS) | Ring.LENGTH.of(COMMANDS_ORDER);
    commands.writeq(UNIT + Registers.CMD_BUF_BASE.offset(), buffer);
    long[] answers = machine.run(commands);
    return new AmdviMachine(
        new ProbeMachine(
            machine.version() + ", amd-iommu",
            options,
            new UnitRegisters.Amdvi(answers[features]),
            IommuMachine.RAM_BYTES,
            List.of(ProbeMemory.ARENA),
            requester,
            DeviceTableBase.register(CaseDraft.page(DEVICE_TABLE_PAGE), DEVICE_TABLE_BYTES),
            seed));
  }

  @Override
  public ProbeMachine description() {
    return description;
  }

  /** The command buffer has the one command that is ever needed, all over. */
  @Override
  public List<TableWord> keptWords() {
    Command drop = new Command.InvalidateAll();
    List<TableWord> words = new ArrayList<>();
    for (int i = 0; i < COMMAND_COUNT; i++) {
      long address = COMMANDS + (long) i * Command.BYTES;
      words.add(new TableWord(address, drop.low()));
      words.add(new TableWord(address + Long.BYTES, drop.high()));
    }
    return words;
  }

  @Override
  public void useRoot(QTest machine, long root) throws IOException {
    Commands commands = new Commands();
    commands.writeq(UNIT + Registers.DEV_TAB_BASE.offset(), root);
    machine.run(commands);
  }

  @Override
  public void setTranslation(QTest machine, boolean on) throws IOException {
    Commands commands = new Commands();
    long bit = on ? 1 : 0;
    commands.writeq(
        UNIT + Registers.CONTROL.offset(), Control.IOMMU_EN.of(bit) | Control.CMD_BUF_EN.of(1));
    int status = commands.readq(UNIT + Registers.STATUS.offset());
    if (Registers.Status.CMD_BUF_RUN.isSet(machine.run(commands)[status]) != on) {
      throw new IOException("the IOMMU did not switch its command buffer " + (on ? "on" : "off"));
    }
  }

  @Override
  public void dropCaches(Commands commands) {
    nextCommand = (nextCommand + 1) % COMMAND_COUNT;
    commands.writeq(UNIT + Registers.CMD_TAIL.offset(), (long) nextCommand * Command.BYTES);
  }

  @Override
  public int takeFault(Commands commands) {
    return commands.count();
  }

  @Override
  public Optional<Observation.Faulted> fault(long[] answers, int first) {
    return Optional.empty();
  }
}
