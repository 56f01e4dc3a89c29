// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Ranges;
import org.crashlane.pci.RequesterId;

/**
 * What became of frames that were sent to a network card that no kernel drives any more: in-flight
 * DMA that does not stop. Those count that were sent while the capture kernel ran, and of memory
 * that which no kernel writes then: not the crash range, and not the first MiB.
 *
 * @param card which card
 * @param sentCount how many were sent
 * @param mappedPages what the first kernel's tables map for the card to write, as they were when it
 *     had panicked; joined, in order of address
 * @param mappedBytes bytes of frames found there
 * @param astray where else they were found, in order of address
 */
public record Frames(
    RequesterId card,
    long sentCount,
    List<AddressRange> mappedPages,
    long mappedBytes,
    List<Astray> astray) {

  /**
   * Whole pages of the dead kernel's memory that its tables do not map for the card.
   *
   * @param pages where
   * @param bytes bytes of frames in them
   * @param sample the first of these bytes, in hexadecimal
   */
  public record Astray(AddressRange pages, long bytes, String sample) {}

  public Frames {
    mappedPages = List.copyOf(mappedPages);
    astray = List.copyOf(astray);
  }

  /** {@return bytes of frames in memory that was not mapped for the card} */
  public long astrayBytes() {
    return astray.stream().mapToLong(Astray::bytes).sum();
  }

  /** {@return the pages that hold them} */
  public List<AddressRange> astrayPages() {
    return Ranges.joined(astray.stream().map(Astray::pages).toList());
  }

  /** {@return true if some were found: otherwise nothing is known of where they went} */
  public boolean isSeen() {
    return mappedBytes > 0 || !astray.isEmpty();
  }
}
