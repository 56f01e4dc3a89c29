// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

/** What a mapping allows a device. */
public enum Permissions {
  NONE(false, false),
  READ_ONLY(true, false),
  WRITE_ONLY(false, true),
  READ_WRITE(true, true);

  private static final Permissions[] BY_BITS = {NONE, READ_ONLY, WRITE_ONLY, READ_WRITE};

  private final int bits;

  Permissions(boolean read, boolean write) {
    this.bits = bits(read, write);
  }

  private static int bits(boolean read, boolean write) {
    return (read ? 1 : 0) | (write ? 2 : 0);
  }

  /** {@return the permissions with these rights} */
  public static Permissions of(boolean read, boolean write) {
    return BY_BITS[bits(read, write)];
  }

  /** {@return the rights that both give} */
  public Permissions and(Permissions other) {
    return BY_BITS[bits & other.bits];
  }

  /** {@return true if it gives all rights that {@code other} gives} */
  public boolean contains(Permissions other) {
    return and(other) == other;
  }

  /** {@return true if {@code access} passes} */
  public boolean allows(Access access) {
    return (bits & bits(access == Access.READ, access == Access.WRITE)) != 0;
  }

  @Override
  public String toString() {
    return switch (this) {
      case NONE -> "--";
      case READ_ONLY -> "r-";
      case WRITE_ONLY -> "-w";
      case READ_WRITE -> "rw";
    };
  }
}
