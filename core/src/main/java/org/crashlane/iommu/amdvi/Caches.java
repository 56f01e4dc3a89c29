// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import org.crashlane.iommu.paging.UnitCaches;
import org.crashlane.pci.RequesterId;

/**
 * The device table entries, their first two words, and the translations that one unit remembers.
 */
public final class Caches extends UnitCaches {
  /** Makes empty caches. */
  public Caches() {
    this(true);
  }

  private Caches(boolean remembers) {
    super(PageTableEntry.LARGEST, remembers);
  }

  /** {@return the caches of a unit that remembers nothing} */
  public static Caches none() {
    return new Caches(false);
  }

  private Caches(Caches other) {
    super(other);
  }

  /** {@return caches in the same state, that change by themselves} */
  public Caches fork() {
    return new Caches(this);
  }

  /** Drops the entry of a device. */
  public void dropDeviceEntry(RequesterId requester) {
    deviceEntries().dropIf(place -> deviceEntries().source(place) == requester.value());
  }

  /** Drops what {@code command} says; commands that concern no cache of the unit's drop nothing. */
  public void obey(Command command) {
    switch (command) {
      case Command.InvalidateDeviceEntry entry -> dropDeviceEntry(entry.requester());
      case Command.InvalidatePages pages -> drop(pages);
      case Command.InvalidateAll _ -> {
        dropDeviceEntries();
        dropTranslations();
      }
      case Command.CompletionWait _,
          Command.InvalidateIotlb _,
          Command.InvalidateInterrupts _,
          Command.Prefetch _,
          Command.CompletePageRequest _,
          Command.Illegal _ -> {
        // Not cached here.
      }
    }
  }

  private void drop(Command.InvalidatePages command) {
    if (command.guest().isPresent()) {
      return;
    }
    Command.Pages pages = command.pages();
    if (pages.order() == Long.SIZE) {
      dropTranslations(command.domainId());
    } else {
      int pagesOrder = pages.order() - Command.Pages.ORDER_MIN;
      dropTranslations(command.domainId(), pages.first(), pagesOrder);
    }
  }
}
