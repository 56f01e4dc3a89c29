// SPDX-License-Identifier: Apache-2.0
package org.crashlane.machine;

/** Whether memory is encrypted, as far as DMA depends on it. */
public sealed interface MemoryEncryption {

  /** It is not, or DMA does not depend on it (Intel TME). */
  enum None implements MemoryEncryption {
    INSTANCE
  }

  /** It is not known. */
  enum Unknown implements MemoryEncryption {
    INSTANCE
  }

  /**
   * A host with AMD's SME in force: an address bit says that a page is encrypted, in page tables,
   * in the IOMMU's tables, and in the addresses that devices are given.
   *
   * @param bit the bit's number (CPUID 8000_001F EBX 5:0: 47 or 51)
   */
  record Host(int bit) implements MemoryEncryption {
    public Host {
      if (bit < MIN_BIT || bit >= Long.SIZE) {
        throw new IllegalArgumentException("no memory encryption bit: " + bit);
      }
    }
  }

  /**
   * {@return the address bit that is none in table words and in what devices are given, as a mask;
   * 0 where there is none, or where it is not known}
   */
  default long addressMask() {
    return this instanceof Host host ? 1L << host.bit() : 0;
  }

  /** A confidential guest (SEV, TDX): devices reach nothing but memory that is shared. */
  enum Guest implements MemoryEncryption {
    INSTANCE
  }

  /** Below it addresses of memory begin. */
  int MIN_BIT = 32;

  /** {@return memory that is not encrypted} */
  static MemoryEncryption none() {
    return None.INSTANCE;
  }

  /** {@return that it is not known} */
  static MemoryEncryption unknown() {
    return Unknown.INSTANCE;
  }
}
