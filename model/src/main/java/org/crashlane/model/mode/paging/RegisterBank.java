// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import java.util.Arrays;
import java.util.List;
import org.crashlane.bits.BitField;

/**
 * What one unit's registers hold. Where there is none, reads find zero.
 *
 * @param <R> the unit's registers
 */
public final class RegisterBank<R extends Register> {
  private static final int NO_REGISTER = -1;
  private static final long LOWER_HALF = BitField.lowMask(Integer.SIZE);

  private final Places<R> places;
  private final long[] values;

  /**
   * Where which register is.
   *
   * @param <R> the registers
   */
  public static final class Places<R extends Register> {
    private final List<R> all;

    /** By offset in words of 4 bytes: which register is there. */
    private final int[] index;

    private Places(List<R> all, int[] index) {
      this.all = all;
      this.index = index;
    }

    /**
     * {@return the places of all registers of a unit}
     *
     * @param all the registers, apart from each other
     * @param windowBytes size of the window that they are in
     */
    public static <R extends Register> Places<R> of(R[] all, int windowBytes) {
      int[] index = new int[windowBytes / Integer.BYTES];
      Arrays.fill(index, NO_REGISTER);
      for (int i = 0; i < all.length; i++) {
        int word = all[i].spec().offset() / Integer.BYTES;
        Arrays.fill(index, word, word + all[i].spec().sizeBytes() / Integer.BYTES, i);
      }
      return new Places<>(List.of(all), index);
    }

    /** {@return true if a register is at {@code offset}, a multiple of 4} */
    boolean isRegister(int offset) {
      return index(offset) != NO_REGISTER;
    }

    /** {@return true if a register of 8 bytes begins at {@code offset}} */
    boolean isLong(int offset) {
      return isRegister(offset)
          && at(offset).spec().offset() == offset
          && at(offset).spec().sizeBytes() == Long.BYTES;
    }

    /** {@return the register that {@code offset} is in; only where there is one} */
    R at(int offset) {
      return all.get(index(offset));
    }

    private int index(int offset) {
      return index[offset / Integer.BYTES];
    }
  }

  /** Makes registers that hold zero. */
  public RegisterBank(Places<R> places) {
    this(places, new long[places.all.size()]);
  }

  private RegisterBank(Places<R> places, long[] values) {
    this.places = places;
    this.values = values;
  }

  /** {@return registers that hold the same, and change by themselves} */
  public RegisterBank<R> fork() {
    return new RegisterBank<>(places, values.clone());
  }

  /** {@return where which register is} */
  Places<R> places() {
    return places;
  }

  /** {@return what {@code register} holds, hidden bits too} */
  public long get(R register) {
    return values[places.index(register.spec().offset())];
  }

  /** Has {@code register} hold {@code value}, whatever software may write. */
  public void set(R register, long value) {
    values[places.index(register.spec().offset())] = value;
  }

  /** {@return what a read of 32 bits finds} */
  public long read32(int offset) {
    if (!places.isRegister(offset)) {
      return 0;
    }
    R register = places.at(offset);
    long value = register.spec().read(get(register));
    return offset == register.spec().offset() ? value & LOWER_HALF : value >>> Integer.SIZE;
  }

  /** {@return what a read of 64 bits finds} */
  public long read64(int offset) {
    if (places.isLong(offset)) {
      return places.at(offset).spec().read(get(places.at(offset)));
    }
    return read32(offset + Integer.BYTES) << Integer.SIZE | read32(offset);
  }

  /** {@return the whole value that a write of 32 bits at {@code offset} stands for} */
  public long whole(int offset, long value32) {
    R register = places.at(offset);
    long kept = register.spec().kept(get(register));
    return offset == register.spec().offset()
        ? (kept & ~LOWER_HALF) | value32
        : (kept & LOWER_HALF) | value32 << Integer.SIZE;
  }

  /** Has {@code register} hold what it does after software wrote {@code value}. */
  public void write(R register, long value) {
    set(register, register.spec().written(get(register), value));
  }
}
