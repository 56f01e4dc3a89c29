// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import java.util.Optional;
import org.crashlane.bits.BitField;

/**
 * A command in a ring, as driver and device both read it in memory: 32 bytes.
 *
 * <pre>
 * word 0   bus address of the buffer
 * word 1   length in bytes (31:0), operation (39:32)
 * word 2   number of the first disk block, 4 KiB each
 * word 3   status, written by the device: 0 not yet, 1 done, 2 failed
 * </pre>
 */
public final class Descriptor {
  /** Size in words of 8 bytes. */
  public static final int WORDS = 4;

  /** Size in bytes. */
  public static final int BYTES = WORDS * Long.BYTES;

  /** The most that one command transfers. */
  public static final int TRANSFER_BYTES_MAX = 1 << 20;

  /** Where the status is, in bytes from the start. */
  public static final int STATUS_OFFSET = 3 * Long.BYTES;

  /** The device has not carried it out. */
  public static final long PENDING = 0;

  /** It did. */
  public static final long DONE = 1;

  /** It could not. */
  public static final long FAILED = 2;

  private static final BitField LENGTH = BitField.bits("LENGTH", 31, 0);
  private static final BitField OPERATION = BitField.bits("OPERATION", 39, 32);

  private Descriptor() {}

  /** {@return the words of a command that waits to be carried out} */
  public static long[] pending(long busAddress, int lengthBytes, Operation operation, long block) {
    return new long[] {
      busAddress, LENGTH.of(lengthBytes) | OPERATION.of(operation.code()), block, PENDING
    };
  }

  static int lengthBytes(long word) {
    return (int) LENGTH.get(word);
  }

  /** {@return the operation, if there is one with this number} */
  static Optional<Operation> operation(long word) {
    for (Operation operation : Operation.values()) {
      if (operation.code() == OPERATION.get(word)) {
        return Optional.of(operation);
      }
    }
    return Optional.empty();
  }
}
