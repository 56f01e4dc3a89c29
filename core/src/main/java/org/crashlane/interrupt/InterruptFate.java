// SPDX-License-Identifier: Apache-2.0
package org.crashlane.interrupt;

import java.util.function.Supplier;
import org.crashlane.bits.Hex;
import org.crashlane.memory.UnreadableMemoryException;

/** What an IOMMU does with an interrupt message. */
public sealed interface InterruptFate {

  /** {@return the register bits, or the entry with its address, that decide} */
  String evidence();

  /**
   * It goes on as it was sent.
   *
   * @param target where to
   */
  record Delivered(InterruptTarget target, String evidence) implements InterruptFate {

    @Override
    public String toString() {
      return "delivered as sent: " + target + ": " + evidence;
    }
  }

  /**
   * An entry says where it goes, whatever the message says.
   *
   * @param target where to
   */
  record Redirected(InterruptTarget target, String evidence) implements InterruptFate {

    @Override
    public String toString() {
      return "goes to " + target + ": " + evidence;
    }
  }

  /**
   * An entry has it recorded in memory for a virtual machine.
   *
   * @param vector the guest's vector
   * @param descriptor physical address of where it is recorded
   */
  record Posted(int vector, long descriptor, String evidence) implements InterruptFate {

    @Override
    public String toString() {
      return "recorded for a guest at %s: %s".formatted(Hex.of(descriptor), evidence);
    }
  }

  /**
   * It is thrown away.
   *
   * @param reason the vendor's number for the reason, as a fault record or an event has it
   * @param meaning the reason in words
   */
  record Blocked(int reason, String meaning, String evidence) implements InterruptFate {

    @Override
    public String toString() {
      return "blocked (%s, %s): %s".formatted(Hex.of(reason), meaning, evidence);
    }
  }

  /**
   * It cannot be told: what it meets is not readable here.
   *
   * @param address physical address of what is not readable
   * @param evidence why
   */
  record Unknown(long address, String evidence) implements InterruptFate {

    @Override
    public String toString() {
      return "not known: what is at %s cannot be read: %s".formatted(Hex.of(address), evidence);
    }
  }

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
      return new Unknown(e.address(), e.reason());
    }
  }
}
