// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.swiotlb;

import java.util.OptionalInt;
import org.crashlane.bits.BitField;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Fingerprint;

/**
 * The memory that stands in for buffers a device does not reach, in slots of 2 KiB, and which slots
 * are taken (Linux lib/swiotlb.c, later kernel/dma/swiotlb.c).
 *
 * <p>Linux keeps for each slot how many free ones follow it in its segment of 128; a bit for each
 * slot says the same. Slots are searched from the one behind the last taken, once around.
 */
final class BouncePool {
  /** Size of a slot in bytes (IO_TLB_SHIFT 11). */
  static final int SLOT_BYTES = 2048;

  /** Slots in a segment (IO_TLB_SEGSIZE): no mapping crosses from one to the next. */
  static final int SEGMENT_SLOTS = 128;

  /** Size of a segment, and of the largest mapping, in bytes. */
  static final long SEGMENT_BYTES = (long) SLOT_BYTES * SEGMENT_SLOTS;

  private static final int WORD_SLOTS = Long.SIZE;
  private static final long ALL_TAKEN = -1L;

  private final long base;
  private final int slotCount;

  /** A bit for each slot, set if it is taken. */
  private final long[] taken;

  private int next;

  private BouncePool(long base, int slotCount, long[] taken, int next) {
    this.base = base;
    this.slotCount = slotCount;
    this.taken = taken;
    this.next = next;
  }

  /**
   * {@return a pool in {@code memory}, all slots free}
   *
   * @param memory pages that nothing else uses: a multiple of 256 KiB
   */
  static BouncePool in(AddressRange memory) {
    long segments = memory.sizeBytes() / SEGMENT_BYTES;
    if (segments == 0 || segments * SEGMENT_BYTES != memory.sizeBytes()) {
      throw new IllegalArgumentException("not a multiple of 256 KiB: a pool at " + memory);
    }
    int slots = Math.toIntExact(segments * SEGMENT_SLOTS);
    return new BouncePool(memory.first(), slots, new long[slots / WORD_SLOTS], 0);
  }

  /** {@return where it is} */
  AddressRange memory() {
    return AddressRange.ofSize(base, (long) slotCount * SLOT_BYTES);
  }

  int slotCount() {
    return slotCount;
  }

  /** {@return how many slots {@code sizeBytes} take} */
  static int slotsFor(long sizeBytes) {
    return (int) Math.min(Integer.MAX_VALUE, (sizeBytes - 1) / SLOT_BYTES + 1);
  }

  /** {@return the physical address of {@code slot}} */
  long addressOf(int slot) {
    return base + (long) slot * SLOT_BYTES;
  }

  /** {@return the slot at {@code address}, which lies in the pool} */
  int slotAt(long address) {
    return (int) ((address - base) / SLOT_BYTES);
  }

  /**
   * {@return the first of {@code count} slots side by side that are taken now; nothing if there are
   * none so}
   *
   * @param stride what the first slot's number is a multiple of: 1, or the slots of a page
   */
  OptionalInt take(int count, int stride) {
    int aligned = (next + stride - 1) / stride * stride;
    int from = aligned >= slotCount ? 0 : aligned;
    int found = search(from, slotCount, count, stride);
    if (found < 0) {
      found = search(0, from, count, stride);
    }
    if (found < 0) {
      return OptionalInt.empty();
    }
    mark(found, count, true);
    next = found + count < slotCount ? found + count : 0;
    return OptionalInt.of(found);
  }

  /** Gives back what {@link #take} took. */
  void giveBack(int slot, int count) {
    mark(slot, count, false);
  }

  int takenCount() {
    int sum = 0;
    for (long word : taken) {
      sum += Long.bitCount(word);
    }
    return sum;
  }

  BouncePool fork() {
    return new BouncePool(base, slotCount, taken.clone(), next);
  }

  void addTo(Fingerprint into) {
    into.add(base);
    into.add(next);
    for (long word : taken) {
      into.add(word);
    }
  }

  private int search(int from, int end, int count, int stride) {
    for (int slot = from; slot < end; ) {
      if (taken[slot / WORD_SLOTS] == ALL_TAKEN) {
        slot = (slot / WORD_SLOTS + 1) * WORD_SLOTS;
      } else if (isFree(slot, count)) {
        return slot;
      } else {
        slot += stride;
      }
    }
    return -1;
  }

  private boolean isFree(int slot, int count) {
    if (slot % SEGMENT_SLOTS + (long) count > SEGMENT_SLOTS) {
      return false;
    }
    for (int at = slot; at < slot + count; at = wordEnd(at)) {
      if ((taken[at / WORD_SLOTS] & slotsOfWord(at, slot + count)) != 0) {
        return false;
      }
    }
    return true;
  }

  private void mark(int slot, int count, boolean isTaken) {
    for (int at = slot; at < slot + count; at = wordEnd(at)) {
      long slots = slotsOfWord(at, slot + count);
      long before = taken[at / WORD_SLOTS];
      if ((before & slots) != (isTaken ? 0 : slots)) {
        throw new IllegalArgumentException(
            "slots from %d on, %d of them: %s already"
                .formatted(slot, count, isTaken ? "taken" : "free"));
      }
      taken[at / WORD_SLOTS] = before ^ slots;
    }
  }

  private static int wordEnd(int slot) {
    return (slot / WORD_SLOTS + 1) * WORD_SLOTS;
  }

  /** {@return the bits, in the word of slot {@code from}, of the slots from there up to end} */
  private static long slotsOfWord(int from, int end) {
    int first = from % WORD_SLOTS;
    int behind = Math.min(end, wordEnd(from)) - from + first;
    return BitField.lowMask(behind) & ~BitField.lowMask(first);
  }
}
