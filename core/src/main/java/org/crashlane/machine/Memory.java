// SPDX-License-Identifier: Apache-2.0
package org.crashlane.machine;

import java.util.List;
import org.crashlane.memory.AddressRange;

/**
 * A machine's memory.
 *
 * @param ram where it is, in rising order
 * @param reserved what firmware keeps of the addresses for itself, in {@code ram} or not
 * @param encryption whether it is encrypted
 */
public record Memory(
    List<AddressRange> ram, List<AddressRange> reserved, MemoryEncryption encryption) {

  public Memory {
    ram = List.copyOf(ram);
    reserved = List.copyOf(reserved);
  }

  /** Memory that is not encrypted, of which nothing is known to be reserved. */
  public Memory(List<AddressRange> ram) {
    this(ram, List.of(), MemoryEncryption.none());
  }
}
