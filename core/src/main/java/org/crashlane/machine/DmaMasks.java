// SPDX-License-Identifier: Apache-2.0
package org.crashlane.machine;

/**
 * The two masks that Linux keeps of a device (include/linux/dma-mapping.h: dma_set_mask,
 * dma_set_coherent_mask; in sysfs dma_mask_bits and consistent_dma_mask_bits).
 *
 * @param streaming for buffers that are mapped for one transfer: the dump's pages
 * @param coherent for memory that is shared with the device for long: rings and commands. Linux
 *     starts with 32 bits, and some drivers leave it there though they stream to all memory
 */
public record DmaMasks(DmaMask streaming, DmaMask coherent) {
  /** Nothing is known of either. */
  public static final DmaMasks UNKNOWN = new DmaMasks(DmaMask.unknown(), DmaMask.unknown());

  /** {@return two masks that are the same, as most drivers set them: 1 to 64 bits} */
  public static DmaMasks ofBits(int bits) {
    return new DmaMasks(DmaMask.ofBits(bits), DmaMask.ofBits(bits));
  }
}
