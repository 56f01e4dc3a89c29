// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

/**
 * A kernel that starts has no memory for what it cannot do without: the machine it was given is too
 * small, or has none where tables must be (a primary's are below 4 GiB).
 */
public final class NoFrameException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final Room room;

  /** What there is no room for. */
  public enum Room {
    PAGES("ram", false),
    BOUNCE_POOL("mapping.pool", true),
    GART_TABLE("mapping.aperture", false),
    TCE_TABLE("mapping.table-size", true),
    DEVICE_TABLE("mapping.device-table", true);

    private final String field;
    private final boolean low;

    Room(String field, boolean low) {
      this.field = field;
      this.low = low;
    }

    /** {@return the field of a machine's file that asks for so much} */
    public String field() {
      return field;
    }

    /** {@return true if memory of any place will not do} */
    public boolean isLow() {
      return low;
    }
  }

  /** Makes one that says what there was no memory for. */
  public NoFrameException(Room room, String what) {
    super(what);
    this.room = room;
  }

  /** {@return what there was no memory for} */
  public Room room() {
    return room;
  }
}
