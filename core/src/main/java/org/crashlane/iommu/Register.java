// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;

/**
 * One register of a unit: where it is, its fields, and what a write does to them. A write leaves
 * bits in no field as they were. Declared once, as a constant of its vendor's registers; its fields
 * are collected as they are declared:
 *
 * <pre>{@code
 * private static final Register.Fields FIELDS = Register.named("FSTS", ONE_TO_CLEAR);
 * static final BitField PFO = FIELDS.bit("PFO", 0);
 * static final BitField PPF = FIELDS.bit("PPF", 1, READ_ONLY);
 * ...
 * static final Register FSTS = FIELDS.at(0x34, Integer.BYTES);
 * }</pre>
 *
 * @param offset from the unit's base, in bytes
 * @param sizeBytes 4 or 8
 * @param layout its name and its fields
 * @param taken bits that take what is written
 * @param cleared bits that a one clears
 * @param started bits that a one starts something by, which read as zero when it is done
 * @param hidden bits that read as zero
 */
public record Register(
    int offset, int sizeBytes, Layout layout, long taken, long cleared, long started, long hidden) {

  /**
   * {@return the fields of a register, none yet}
   *
   * @param name the manual's
   * @param access what a write does to a field that is declared without an access of its own
   */
  public static Fields named(String name, AccessKind access) {
    return new Fields(name, access);
  }

  /** {@return a register whose fields are not used here} */
  public static Register plain(String name, int offset, int sizeBytes) {
    return named(name, AccessKind.READ_ONLY).at(offset, sizeBytes);
  }

  /** {@return the manual's name} */
  public String name() {
    return layout.name();
  }

  /** {@return true if {@code other} is in the same place, whatever fields a unit has of it} */
  public boolean is(Register other) {
    return offset == other.offset;
  }

  /** {@return the same register of a unit in which all but these fields are read-only} */
  public Register only(BitField... fields) {
    long all = layout.only(fields).mask();
    return new Register(
        offset, sizeBytes, layout, taken & all, cleared & all, started & all, hidden & all);
  }

  /** {@return the register that is {@code bytes} further on} */
  public Register movedBy(int bytes) {
    return new Register(offset + bytes, sizeBytes, layout, taken, cleared, started, hidden);
  }

  /**
   * {@return what the register holds after a write, once the write has done what it started}
   *
   * @param before what it held
   * @param value what is written
   */
  public long written(long before, long value) {
    return (before & ~taken & ~started & ~(cleared & value)) | (value & taken);
  }

  /** {@return the bits that a write of the register's other half leaves as they are} */
  public long kept(long before) {
    return before & taken;
  }

  /** {@return what a read finds where the register holds {@code value}} */
  public long read(long value) {
    return value & ~hidden;
  }

  /** The fields of a register, collected as they are declared. */
  public static final class Fields {
    private final String name;
    private final Layout.Fields declared;
    private final AccessKind usual;
    private long taken;
    private long cleared;
    private long started;
    private long hidden;

    private Fields(String name, AccessKind usual) {
      this.name = name;
      this.declared = Layout.named(name);
      this.usual = usual;
    }

    /** {@return a field of one bit, with the usual access} */
    public BitField bit(String field, int position) {
      return bits(field, position, position, usual);
    }

    /** {@return a field of one bit} */
    public BitField bit(String field, int position, AccessKind access) {
      return bits(field, position, position, access);
    }

    /** {@return a field of the bits {@code high:low}, both included, with the usual access} */
    public BitField bits(String field, int high, int low) {
      return bits(field, high, low, usual);
    }

    /** {@return a field of the bits {@code high:low}, both included} */
    public BitField bits(String field, int high, int low, AccessKind access) {
      BitField declaration = declared.bits(field, high, low);
      long mask = declaration.mask();
      switch (access) {
        case READ_ONLY -> {
          // A write leaves it.
        }
        case READ_WRITE -> taken |= mask;
        case ONE_TO_CLEAR -> cleared |= mask;
        case ONE_SHOT -> started |= mask;
        case WRITE_ONLY -> {
          taken |= mask;
          hidden |= mask;
        }
      }
      return declaration;
    }

    /** {@return the register with all fields declared so far} */
    public Register at(int offset, int sizeBytes) {
      return at(name, offset, sizeBytes);
    }

    /** {@return a register with these fields that has a name of its own} */
    public Register at(String own, int offset, int sizeBytes) {
      Layout layout = new Layout(own, declared.layout().fields());
      return new Register(offset, sizeBytes, layout, taken, cleared, started, hidden);
    }
  }
}
