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
   * @param capture which of the addresses that the capture kernel's devices are given have the bit
   */
  record Host(int bit, CaptureDma capture) implements MemoryEncryption {
    /** A host whose capture kernel encrypts its memory and bounces no more than it has to. */
    public Host(int bit) {
      this(bit, CaptureDma.ENCRYPTED);
    }

    public Host {
      if (bit < MIN_BIT || bit >= Long.SIZE) {
        throw new IllegalArgumentException("no memory encryption bit: " + bit);
      }
    }

    /**
     * {@return true if a device with this mask, of 64 bits, can be given addresses with the bit}
     */
    public boolean isReachedBy(long mask) {
      return mask >>> bit != 0;
    }
  }

  /**
   * Which addresses a capture kernel on a host with SME gives to devices that reach the bit; all
   * others are given plain ones, of memory that is not encrypted.
   */
  enum CaptureDma {
    /** Its buffers and its rings have the bit: as Linux does where nothing is said. */
    ENCRYPTED,
    /** Its rings have it; buffers are bounced ({@code swiotlb=force}). */
    BOUNCED,
    /** Nothing has it: it does not encrypt ({@code mem_encrypt=off}), nor read what is. */
    PLAIN
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
