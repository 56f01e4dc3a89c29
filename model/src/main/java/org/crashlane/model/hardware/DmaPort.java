// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

/**
 * A device's way to memory. No call but that for whole pages crosses a page. Reads that are
 * blocked, or that reach no memory, give nothing.
 */
public interface DmaPort {

  /** {@return true if {@code length} bytes from {@code busAddress} on were read} */
  boolean read(DmaDevice device, long busAddress, byte[] into, int offset, int length);

  /** {@return true if they were written, or lost where there is no memory} */
  boolean write(DmaDevice device, long busAddress, byte[] from, int offset, int length);

  /**
   * Reads whole pages, to be kept and not changed, until {@code into} is full or one cannot be
   * read.
   *
   * @param busAddress of the first, a multiple of 4096
   * @return how many were read
   */
  int readPages(DmaDevice device, long busAddress, Page[] into);

  /** {@return true if the whole page was written, or lost where there is no memory} */
  boolean writePage(DmaDevice device, long busAddress, Page page);
}
