// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import java.util.Optional;

/**
 * A device's way to memory. No call crosses a page. Reads that are blocked, or that reach no
 * memory, give nothing.
 */
public interface DmaPort {

  /** {@return true if {@code length} bytes from {@code busAddress} on were read} */
  boolean read(DmaDevice device, long busAddress, byte[] into, int offset, int length);

  /** {@return true if they were written, or lost where there is no memory} */
  boolean write(DmaDevice device, long busAddress, byte[] from, int offset, int length);

  /** {@return the whole page at {@code busAddress}, a multiple of 4096, if it could be read} */
  Optional<Page> readPage(DmaDevice device, long busAddress);

  /** {@return true if the whole page was written, or lost where there is no memory} */
  boolean writePage(DmaDevice device, long busAddress, Page page);
}
