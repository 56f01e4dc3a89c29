// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.List;
import java.util.function.LongUnaryOperator;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Word;
import org.crashlane.interrupt.DeliveryMode;
import org.crashlane.interrupt.InterruptFate;
import org.crashlane.interrupt.InterruptTarget;
import org.crashlane.memory.Store;

/** How the entries of all interrupt remapping tables of one unit are laid out. */
enum InterruptFormat {
  /** 4 bytes each, destinations of 8 bits. */
  SMALL(InterruptEntry.BYTES, InterruptTarget.BROADCAST),

  /** 16 bytes each, destinations of 8 bits. */
  WIDE(WideInterruptEntry.BYTES, InterruptTarget.BROADCAST),

  /** 16 bytes each, destinations of 32 bits. */
  WIDE_X2APIC(WideInterruptEntry.BYTES, InterruptTarget.BROADCAST_X2APIC);

  private static final BitField EVEN = BitField.bits("entry at a multiple of 8", 31, 0);
  private static final BitField ODD = BitField.bits("entry 4 bytes on", 63, 32);

  private final int bytes;
  private final long broadcast;

  InterruptFormat(int bytes, long broadcast) {
    this.bytes = bytes;
    this.broadcast = broadcast;
  }

  /** {@return size of an entry in bytes} */
  int bytes() {
    return bytes;
  }

  /**
   * {@return what becomes of the interrupts that choose the entry at {@code address}}
   *
   * @param words reads the 8 bytes at an address
   */
  InterruptFate fate(long address, LongUnaryOperator words) {
    return switch (this) {
      case SMALL -> smallFate(address, half(address).get(words.applyAsLong(wordOf(address))));
      case WIDE, WIDE_X2APIC -> wideFate(address, words, this == WIDE_X2APIC);
    };
  }

  /** {@return true if nobody has taken the entry: all of it is zero} */
  boolean isFree(long address, LongUnaryOperator words) {
    return switch (this) {
      case SMALL -> !half(address).isSet(words.applyAsLong(wordOf(address)));
      case WIDE, WIDE_X2APIC ->
          words.applyAsLong(address) == 0 && words.applyAsLong(address + Long.BYTES) == 0;
    };
  }

  /**
   * {@return the stores that make of a free entry one that brings {@code vector} to every
   * processor; the last one enables it}
   */
  List<Store> enable(long address, LongUnaryOperator words, int vector) {
    InterruptTarget target = new InterruptTarget(broadcast, false, vector, DeliveryMode.FIXED);
    return switch (this) {
      case SMALL -> {
        long before = words.applyAsLong(wordOf(address));
        long after = half(address).with(before, InterruptEntry.of(target));
        yield List.of(new Store(wordOf(address), before, after));
      }
      case WIDE, WIDE_X2APIC -> {
        long high = address + Long.BYTES;
        yield List.of(
            new Store(high, words.applyAsLong(high), WideInterruptEntry.high(target)),
            new Store(address, words.applyAsLong(address), WideInterruptEntry.low(target)));
      }
    };
  }

  private static long wordOf(long address) {
    return Alignment.down(address, Long.BYTES);
  }

  private static BitField half(long address) {
    return Alignment.isAligned(address, Long.BYTES) ? EVEN : ODD;
  }

  private static InterruptFate smallFate(long address, long entry) {
    Reason evidence = at(address, InterruptEntry.LAYOUT.word(entry));
    if (!InterruptEntry.REMAP_EN.isSet(entry)) {
      return blocked(InterruptEvent.NOT_ENABLED, evidence);
    }
    boolean reserved =
        InterruptEntry.GUEST_MODE.isSet(entry) || InterruptEntry.RSVD_31_24.isSet(entry);
    return reserved
        ? blocked(InterruptEvent.ENTRY_RESERVED, evidence)
        : toward(InterruptEntry.target(entry), evidence);
  }

  private static InterruptFate wideFate(long address, LongUnaryOperator words, boolean x2apic) {
    long low = words.applyAsLong(address);
    long high = words.applyAsLong(address + Long.BYTES);
    boolean guest = InterruptEntry.GUEST_MODE.isSet(low);
    Layout lowLayout = guest ? WideInterruptEntry.GUEST_LOW : WideInterruptEntry.LOW;
    Reason evidence = at(address, WideInterruptEntry.HIGH.word(high), lowLayout.word(low));
    if (!InterruptEntry.REMAP_EN.isSet(low)) {
      return blocked(InterruptEvent.NOT_ENABLED, evidence);
    }
    if (guest) {
      int vector = (int) WideInterruptEntry.VECTOR.get(high);
      return new InterruptFate.Posted(vector, WideInterruptEntry.GA_ROOT.inPlace(high), evidence);
    }
    return toward(WideInterruptEntry.target(low, high, x2apic), evidence);
  }

  private static InterruptFate toward(InterruptTarget target, Reason evidence) {
    return target.mode().bringsVector()
        ? new InterruptFate.Redirected(target, evidence)
        : blocked(InterruptEvent.INTERRUPT_TYPE, evidence);
  }

  private static InterruptFate blocked(InterruptEvent event, Reason evidence) {
    return new InterruptFate.Blocked(event.code(), event, evidence);
  }

  private static Reason at(long address, Word... words) {
    return Reason.of(Named.IRTE, new Reason.At(address), new Reason.Words(words));
  }
}
