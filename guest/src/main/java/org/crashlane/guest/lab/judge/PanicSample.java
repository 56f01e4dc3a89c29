// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.judge;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.crashlane.image.VmcoreInfo;
import org.crashlane.memory.PhysicalMemory;

/** Pages of a guest as they were right before its panic: such as do not change until then. */
public final class PanicSample {
  /** Page size of the kernels the lab boots. */
  public static final int PAGE_BYTES = 4096;

  /** Kernel text taken, in pages: twice what the verdict asks for. */
  private static final int TEXT_PAGES = 2000;

  private final Map<Long, byte[]> pages;

  private PanicSample(Map<Long, byte[]> pages) {
    this.pages = pages;
  }

  /**
   * Copies kernel text and {@code more} out of a guest that stands.
   *
   * @param vmcoreinfoAddress physical address of the VMCOREINFO note, which tells where the text is
   * @param vmcoreinfoSizeBytes how long the note may be
   * @param more physical addresses of further pages
   */
  public static PanicSample take(
      PhysicalMemory memory,
      long vmcoreinfoAddress,
      int vmcoreinfoSizeBytes,
      Collection<Long> more) {
    List<Long> addresses = new ArrayList<>(more);
    VmcoreInfo info = VmcoreInfo.read(memory, vmcoreinfoAddress, vmcoreinfoSizeBytes);
    OptionalLong text = info.kernelTextPhysical();
    if (text.isPresent()) {
      for (int page = 0; page < TEXT_PAGES; page++) {
        addresses.add(text.getAsLong() + (long) page * PAGE_BYTES);
      }
    }
    return of(memory, addresses);
  }

  /** {@return copies of the pages of {@code memory} at {@code addresses}} */
  public static PanicSample of(PhysicalMemory memory, Collection<Long> addresses) {
    Map<Long, byte[]> pages = new TreeMap<>();
    for (long address : addresses) {
      byte[] page = new byte[PAGE_BYTES];
      memory.read(address, page, 0, PAGE_BYTES);
      pages.put(address, page);
    }
    return new PanicSample(pages);
  }

  /** {@return the pages by physical address} */
  Map<Long, byte[]> pages() {
    return Collections.unmodifiableMap(pages);
  }

  /** {@return how many pages were taken} */
  public int pageCount() {
    return pages.size();
  }
}
