// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

import org.crashlane.bits.Hex;

/** A physical address that cannot be read or written: no memory there, or left out of a dump. */
public final class UnreadableMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long address;
  private final String reason;

  /**
   * @param source what was read
   * @param address the physical address
   * @param reason why it cannot be
   */
  public UnreadableMemoryException(String source, long address, String reason) {
    super(source + ": physical address " + Hex.of(address) + ": " + reason);
    this.address = address;
    this.reason = reason;
  }

  /** As the other, with what brought it about. */
  UnreadableMemoryException(String source, long address, String reason, Throwable cause) {
    this(source, address, reason);
    initCause(cause);
  }

  /** {@return the physical address} */
  public long address() {
    return address;
  }

  /** {@return why it cannot be read, without the address} */
  public String reason() {
    return reason;
  }
}
