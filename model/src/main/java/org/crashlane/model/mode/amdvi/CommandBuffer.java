// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.amdvi;

import java.util.Optional;
import org.crashlane.iommu.amdvi.Command;
import org.crashlane.iommu.amdvi.Registers;
import org.crashlane.iommu.amdvi.Registers.Ring;
import org.crashlane.iommu.amdvi.Registers.Status;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.model.hardware.RegisterBank;

/** A unit's side of its command buffer: a ring in memory that it reads as far as software says. */
final class CommandBuffer {
  private CommandBuffer() {}

  /** {@return true if the unit is to go on reading} */
  static boolean isPending(RegisterBank registers) {
    return Status.CMD_BUF_RUN.isSet(registers.get(Registers.STATUS))
        && registers.get(Registers.CMD_HEAD) != registers.get(Registers.CMD_TAIL);
  }

  /** {@return the next command, now taken; nothing if there is no memory where it should be} */
  static Optional<Command> take(PhysicalMemory memory, RegisterBank registers) {
    long head = registers.get(Registers.CMD_HEAD);
    long base = registers.get(Registers.CMD_BUF_BASE);
    long at = Ring.BASE.inPlace(base) + head;
    if (!memory.exists(AddressRange.ofSize(at, Command.BYTES))) {
      return Optional.empty();
    }
    long ringBytes = (long) Command.BYTES << Ring.LENGTH.get(base);
    registers.set(Registers.CMD_HEAD, UnitRegisters.next(head, ringBytes, Command.BYTES));
    return Optional.of(Command.decode(memory.readLong(at), memory.readLong(at + Long.BYTES)));
  }

  /** Has the unit read no further: a command was wrong. */
  static void stop(RegisterBank registers) {
    registers.set(Registers.STATUS, Status.CMD_BUF_RUN.with(registers.get(Registers.STATUS), 0));
  }
}
