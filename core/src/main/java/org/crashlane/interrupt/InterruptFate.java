// SPDX-License-Identifier: Apache-2.0
package org.crashlane.interrupt;

import java.util.function.Supplier;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Term;
import org.crashlane.memory.UnreadableMemoryException;

/** What an IOMMU does with an interrupt message. */
public sealed interface InterruptFate {

  /** {@return the register bits, or the entry with its address, that decide} */
  Reason evidence();

  /**
   * It goes on as it was sent.
   *
   * @param target where to
   */
  record Delivered(InterruptTarget target, Reason evidence) implements InterruptFate {}

  /**
   * An entry says where it goes, whatever the message says.
   *
   * @param target where to
   */
  record Redirected(InterruptTarget target, Reason evidence) implements InterruptFate {}

  /**
   * An entry has it recorded in memory for a virtual machine.
   *
   * @param vector the guest's vector
   * @param descriptor physical address of where it is recorded
   */
  record Posted(int vector, long descriptor, Reason evidence) implements InterruptFate {}

  /**
   * It is thrown away.
   *
   * @param reason the vendor's number for the reason, as a fault record or an event has it
   * @param why what the vendor calls it
   */
  record Blocked(int reason, Term why, Reason evidence) implements InterruptFate {}

  /**
   * It cannot be known: what it meets is not readable here.
   *
   * @param address physical address of what is not readable
   * @param evidence why
   */
  record Unknown(long address, Reason evidence) implements InterruptFate {}

  /**
   * {@return true if a message that asks for {@code vector} brings it, whichever processor asked;
   * false where that is not known}
   */
  default boolean brings(int vector) {
    return switch (this) {
      case Delivered d -> d.target().vector() == vector && d.target().mode().bringsVector();
      case Redirected r -> r.target().brings(vector);
      case Posted _, Blocked _, Unknown _ -> false;
    };
  }

  /** {@return what {@code reading} finds; that it is not known where it meets unreadable memory} */
  static InterruptFate read(Supplier<InterruptFate> reading) {
    try {
      return reading.get();
    } catch (UnreadableMemoryException e) {
      return new Unknown(e.address(), Reason.of(e.absence()));
    }
  }
}
