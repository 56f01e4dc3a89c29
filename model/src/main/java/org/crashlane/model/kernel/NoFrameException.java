// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

import org.crashlane.bits.Reason;
import org.crashlane.bits.Term;

/**
 * A kernel that starts has no memory for what it cannot do without: the machine it was given is too
 * small, or has none where tables must be (a primary's are below 4 GiB).
 */
public final class NoFrameException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final Room room;
  private final long sizeBytes;

  /** What there is no room for. */
  public enum Room implements Term {
    PAGES("ram", false, "no page left for tables"),
    ROOT_TABLE("ram", false, "no page for a root table; a primary's tables are below 4 GiB"),
    RINGS("ram", false, "no room for a unit's rings"),
    LOW_POOL("mapping.pool", true, "no room below 4 GiB for a bounce pool in one piece"),
    BOUNCE_POOL("mapping.pool", true, "no room in the crash range for a bounce pool in one piece"),
    GART_TABLE("mapping.aperture", false, "no memory for a GART table"),
    TCE_TABLE("mapping.table-size", true, "no room below 4 GiB for a TCE table"),
    DEVICE_TABLE("mapping.device-table", true, "no room below 4 GiB for a device table");

    private final String field;
    private final boolean low;
    private final String meaning;

    Room(String field, boolean low, String meaning) {
      this.field = field;
      this.low = low;
      this.meaning = meaning;
    }

    @Override
    public String meaning() {
      return meaning;
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

  /** Makes one that says what there was no memory for, and how many bytes of it. */
  public NoFrameException(Room room, long sizeBytes) {
    super("%s: %,d bytes".formatted(room.meaning(), sizeBytes));
    this.room = room;
    this.sizeBytes = sizeBytes;
  }

  /** {@return what there was no memory for, and how many bytes of it} */
  public Reason reason() {
    return Reason.of(room, new Reason.Size(sizeBytes));
  }

  /** {@return what there was no memory for} */
  public Room room() {
    return room;
  }
}
