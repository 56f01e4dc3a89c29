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
    return BY_BITS[(read ? 1 : 0) | (write ? 2 : 0)];
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
    return (ordinal() & 1 << access.ordinal()) != 0;
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
