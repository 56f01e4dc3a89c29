// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

/** What a mapping allows a device; in the order of two bits, reads in the lower. */
public enum Permissions {
  NONE,
  READ_ONLY,
  WRITE_ONLY,
  READ_WRITE;

  private static final Permissions[] BY_BITS = values();

  /** {@return the permissions with these rights} */
  public static Permissions of(boolean read, boolean write) {
    if (read) {
      return write ? READ_WRITE : READ_ONLY;
    }
    return write ? WRITE_ONLY : NONE;
  }

  /** {@return the rights that both give} */
  public Permissions and(Permissions other) {
    return BY_BITS[ordinal() & other.ordinal()];
  }

  /** {@return true if it gives all rights that {@code other} gives} */
  public boolean contains(Permissions other) {
    return and(other) == other;
  }

  /** {@return true if {@code access} passes} */
  public boolean allows(Access access) {
    return switch (access) {
      case READ -> this == READ_ONLY || this == READ_WRITE;
      case WRITE -> this == WRITE_ONLY || this == READ_WRITE;
    };
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
