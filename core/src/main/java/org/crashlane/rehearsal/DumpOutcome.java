// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.util.List;
import org.crashlane.rule.Evidence;

/** What the dump disk was found to hold after the crash, judged from its bytes. */
public sealed interface DumpOutcome {

  /**
   * A dump of the primary kernel whose compared pages are the memory of the panic.
   *
   * @param comparedPageCount pages compared, all of them equal
   * @param release the kernel release that the dump names
   * @param sizeBytes size of the dump
   */
  record Written(long comparedPageCount, String release, long sizeBytes) implements DumpOutcome {}

  /**
   * A dump of the primary kernel whose compared pages are the memory of the panic, but for some
   * that hold the IOMMU's own tables and buffers: the capture kernel went on with these, and had to
   * write them. Nothing else differs.
   *
   * @param written the dump, with the pages that are equal
   * @param changed the pages that are not, by what they hold
   */
  record WrittenBut(Written written, List<IommuMemory.Changed> changed) implements DumpOutcome {
    public WrittenBut {
      changed = List.copyOf(changed);
    }
  }

  /**
   * There is no dump.
   *
   * @param reasons what was found instead
   */
  record Missing(List<Evidence> reasons) implements DumpOutcome {
    public Missing {
      reasons = List.copyOf(reasons);
    }

    /** One for one reason. */
    public Missing(Evidence reason) {
      this(List.of(reason));
    }
  }

  /**
   * There is something, but it is not the memory of the panic.
   *
   * @param reasons what is wrong with it
   */
  record Damaged(List<Evidence> reasons) implements DumpOutcome {
    public Damaged {
      reasons = List.copyOf(reasons);
    }

    /** One for one reason. */
    public Damaged(Evidence reason) {
      this(List.of(reason));
    }
  }

  /**
   * There is no dump, for a reason that is none of the IOMMU's: the crash range is too small for
   * the capture kernel. What it says of the rule is nothing.
   *
   * @param reason what shows it
   */
  record NoRoom(Evidence reason) implements DumpOutcome {}

  /**
   * Something was written, by a capture system that is not the stage's, and it is not read: whether
   * it is a dump is not known.
   *
   * @param reasons what was seen of it
   */
  record Unread(List<Evidence> reasons) implements DumpOutcome {
    public Unread {
      reasons = List.copyOf(reasons);
    }
  }

  /** {@return true if the dump got through} */
  default boolean gotThrough() {
    return this instanceof Written || this instanceof WrittenBut;
  }
}
