// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import java.util.Arrays;
import java.util.List;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.Register;

/** What one unit's registers hold. Where there is none, reads find zero. */
public final class RegisterBank {
  private static final int NO_REGISTER = -1;
  private static final long LOWER_HALF = BitField.lowMask(Integer.SIZE);

  private final Places places;
  private final long[] values;

  /** Where which register is. */
  public static final class Places {
    private final List<Register> all;

    /** By offset in words of 4 bytes: which register is there. */
    private final int[] index;

    private Places(List<Register> all, int[] index) {
      this.all = all;
      this.index = index;
    }

    /**
     * {@return the places of all registers of a unit}
     *
     * @param all the registers, apart from each other
     * @param windowBytes size of the window that they are in
     */
    public static Places of(List<Register> all, int windowBytes) {
      int[] index = new int[windowBytes / Integer.BYTES];
      Arrays.fill(index, NO_REGISTER);
      for (int i = 0; i < all.size(); i++) {
        int word = all.get(i).offset() / Integer.BYTES;
        Arrays.fill(index, word, word + all.get(i).sizeBytes() / Integer.BYTES, i);
      }
      return new Places(List.copyOf(all), index);
    }

    /** {@return true if a register is at {@code offset}, a multiple of 4} */
    public boolean isRegister(int offset) {
      return index(offset) != NO_REGISTER;
    }

    /** {@return true if a register of 8 bytes begins at {@code offset}} */
    public boolean isLong(int offset) {
      return isRegister(offset)
          && at(offset).offset() == offset
          && at(offset).sizeBytes() == Long.BYTES;
    }

    /** {@return the register that {@code offset} is in; only where there is one} */
    public Register at(int offset) {
      return all.get(index(offset));
    }

    private int index(int offset) {
      return index[offset / Integer.BYTES];
    }
  }

  /** Makes registers that hold zero. */
  public RegisterBank(Places places) {
    this(places, new long[places.all.size()]);
  }

  private RegisterBank(Places places, long[] values) {
    this.places = places;
    this.values = values;
  }

  /** {@return an independent copy} */
  public RegisterBank fork() {
    return new RegisterBank(places, values.clone());
  }

  /** {@return where which register is} */
  public Places places() {
    return places;
  }

  /** {@return what {@code register} holds, hidden bits too} */
  public long get(Register register) {
    return values[places.index(register.offset())];
  }

  /** Has {@code register} hold {@code value}, whatever software may write. */
  public void set(Register register, long value) {
    values[places.index(register.offset())] = value;
  }

  /** {@return what a read of 32 bits finds} */
  public long read32(int offset) {
    if (!places.isRegister(offset)) {
      return 0;
    }
    Register register = places.at(offset);
    long value = register.read(get(register));
    return offset == register.offset() ? value & LOWER_HALF : value >>> Integer.SIZE;
  }

  /** {@return what a read of 64 bits finds} */
  public long read64(int offset) {
    if (places.isLong(offset)) {
      return places.at(offset).read(get(places.at(offset)));
    }
    return read32(offset + Integer.BYTES) << Integer.SIZE | read32(offset);
  }

  /** {@return the whole value that a write of 32 bits at {@code offset} stands for} */
  public long whole(int offset, long value32) {
    Register register = places.at(offset);
    long kept = register.kept(get(register));
    return offset == register.offset()
        ? (kept & ~LOWER_HALF) | value32
        : (kept & LOWER_HALF) | value32 << Integer.SIZE;
  }

  /** Has {@code register} hold what it does after software wrote {@code value}. */
  public void write(Register register, long value) {
    set(register, register.written(get(register), value));
  }
}
