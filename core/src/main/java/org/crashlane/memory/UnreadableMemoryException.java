// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

import org.crashlane.bits.Hex;

/** A physical address that cannot be read or written: no memory there, or left out of a dump. */
public final class UnreadableMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long address;
  private final Absence absence;

  /**
   * @param source what was read
   * @param address the physical address
   * @param absence why it cannot be
   */
  public UnreadableMemoryException(String source, long address, Absence absence) {
    super(source + ": physical address " + Hex.of(address) + ": " + absence.meaning());
    this.address = address;
    this.absence = absence;
  }

  /** As the other, with what brought it about. */
  UnreadableMemoryException(String source, long address, Absence absence, Throwable cause) {
    this(source, address, absence);
    initCause(cause);
  }

  /** {@return the physical address} */
  public long address() {
    return address;
  }

  /** {@return why it cannot be read} */
  public Absence absence() {
    return absence;
  }
}
