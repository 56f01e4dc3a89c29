// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.calgary;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.calgary.TableSize;
import org.crashlane.iommu.calgary.TceTable;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.NoFrameException;
import org.crashlane.model.kernel.NoFrameException.Room;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.Mode;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.rehearsal.Strategy;

/**
 * Calgary and CalIOC2, as Linux 2.6.27 drives them. The driver did not change in what matters here
 * until it was removed, so both eras have the same.
 */
public final class CalgaryMode implements Mode {
  /** Low memory: what is below 4 GiB. */
  private static final long LOW_MEMORY_LAST = BitField.lowMask(Integer.SIZE);

  @Override
  public Remapper hardware(MachineSpec machine) {
    return CalgaryHardware.of(machine, machine.spec(ModeSpec.Calgary.class));
  }

  /**
   * {@inheritDoc}
   *
   * @throws NoFrameException if memory below 4 GiB has no room for the tables
   */
  @Override
  public DmaMapping boot(Cpu cpu, MachineSpec machine, PageFrames frames) {
    ChipDriver driver = new ChipDriver(machine.spec(ModeSpec.Calgary.class));
    TableSize size =
        machine
            .spec(ModeSpec.Calgary.class)
            .tableSize()
            .orElseGet(() -> TableSize.forMemory(machine.memoryEnd()));
    List<Optional<BridgeTable>> tables = new ArrayList<>();
    for (int phb = 0; phb < driver.phbCount(); phb++) {
      TceTable table =
          take(frames, size).orElseThrow(() -> new NoFrameException(Room.TCE_TABLE, size.bytes()));
      tables.add(Optional.of(setUp(cpu, driver, phb, table)));
    }
    for (int phb = 0; phb < driver.phbCount(); phb++) {
      driver.enable(cpu, phb);
    }
    return mapping(machine, driver, tables);
  }

  private static BridgeTable setUp(Cpu cpu, ChipDriver driver, int phb, TceTable table) {
    BridgeTable fresh = BridgeTable.fresh(cpu.memory(), table, driver.reserved(cpu, phb));
    driver.pointTo(cpu, phb, table);
    return fresh;
  }

  /** {@return a table at a multiple of its own size, if there is room} */
  private static Optional<TceTable> take(PageFrames frames, TableSize size) {
    OptionalLong address = frames.take(size.bytes(), size.bytes(), LOW_MEMORY_LAST);
    return address.isPresent()
        ? Optional.of(new TceTable(address.getAsLong(), size))
        : Optional.empty();
  }

  @Override
  public DmaMapping capture(Strategy strategy, Cpu cpu, MachineSpec machine, PageFrames frames) {
    return switch (strategy) {
      case NONE, RESERVE, IDENTITY -> new DirectMapping(machine.era());
      case ADOPT -> adopt(cpu, machine);
      case OFF -> off(cpu, machine);
      case ABORT, RESET -> restart(cpu, machine, frames);
    };
  }

  /**
   * As 2.6.27 did already: the tables stay where TAR says they are, each page that has an entry is
   * taken, and slots that the watchdog switched off stay off. Linux masks TAR by the size that it
   * would have chosen itself; here that is the one that the primary chose.
   */
  private static DmaMapping adopt(Cpu cpu, MachineSpec machine) {
    ChipDriver driver = new ChipDriver(machine.spec(ModeSpec.Calgary.class));
    List<Optional<BridgeTable>> tables = new ArrayList<>();
    for (int phb = 0; phb < driver.phbCount(); phb++) {
      TceTable table = driver.table(cpu, phb);
      tables.add(Optional.of(BridgeTable.inUse(cpu.memory(), table, driver.reserved(cpu, phb))));
      driver.pointTo(cpu, phb, table);
      driver.enable(cpu, phb);
    }
    return mapping(machine, driver, tables);
  }

  /** Slots that the watchdog switched off stay off. */
  private static DmaMapping off(Cpu cpu, MachineSpec machine) {
    ChipDriver driver = new ChipDriver(machine.spec(ModeSpec.Calgary.class));
    for (int phb = 0; phb < driver.phbCount(); phb++) {
      driver.disable(cpu, phb);
    }
    return new DirectMapping(machine.era());
  }

  /**
   * Every slot is switched off first: where nothing is at work that costs nothing. The new tables
   * are the smallest there are, enough for 32 MiB in flight; a PHB for which {@code frames} has no
   * room stays off. Once slots are on again, devices that were not stopped by then go on with
   * addresses of the primary's, which the new table hands out anew.
   */
  private static DmaMapping restart(Cpu cpu, MachineSpec machine, PageFrames frames) {
    ChipDriver driver = new ChipDriver(machine.spec(ModeSpec.Calgary.class));
    for (int phb = 0; phb < driver.phbCount(); phb++) {
      driver.disableSlots(cpu, phb);
    }
    List<Optional<BridgeTable>> tables = new ArrayList<>();
    for (int phb = 0; phb < driver.phbCount(); phb++) {
      tables.add(restart(cpu, driver, phb, take(frames, TableSize.KIB_64)));
    }
    return mapping(machine, driver, tables);
  }

  private static Optional<BridgeTable> restart(
      Cpu cpu, ChipDriver driver, int phb, Optional<TceTable> room) {
    Optional<BridgeTable> table = room.map(found -> setUp(cpu, driver, phb, found));
    if (table.isPresent()) {
      driver.enable(cpu, phb);
      driver.enableSlots(cpu, phb);
    }
    return table;
  }

  private static DmaMapping mapping(
      MachineSpec machine, ChipDriver driver, List<Optional<BridgeTable>> tables) {
    return new CalgaryMapping(driver, new DirectMapping(machine.era()), tables);
  }
}
