// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

import org.crashlane.bits.Reason;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;

/**
 * The mapping driver of a kernel that sees no IOMMU ({@code nommu_map_single}, later "direct"): the
 * bus address is the physical address, if the device reaches it. It has no state.
 */
public final class DirectMapping implements DmaMapping {
  private final Era era;

  /** Makes the mapping driver of a kernel of {@code era}. */
  public DirectMapping(Era era) {
    this.era = era;
  }

  @Override
  public MapAttempt map(
      Cpu cpu, DeviceSpec device, long buffer, long sizeBytes, Direction direction) {
    return reaches(device, buffer, sizeBytes)
        ? new MapAttempt.Mapped(new DmaHandle(buffer, buffer, buffer, sizeBytes, direction))
        : new MapAttempt.Failed(
            beyondMask(MapAttempt.Why.MASK_OVERFLOW, device, buffer, sizeBytes));
  }

  /** {@return that the device does not reach all of the memory} */
  public static Reason beyondMask(
      MapAttempt.Why why, DeviceSpec device, long first, long sizeBytes) {
    return Reason.of(
        why,
        new Reason.Addresses(first, first + sizeBytes - 1),
        new Reason.Because(
            Reason.of(MapAttempt.Why.DEVICE_MASK, new Reason.Value(device.dmaMask()))));
  }

  /**
   * {@return true if a kernel of this era takes {@code device} to reach the whole buffer} Linux
   * 2.6.27 asks whether address plus size exceeds the mask, and so refuses a buffer that ends with
   * the last byte the device reaches ({@code check_addr}, arch/x86/kernel/pci-nommu.c); today's
   * kernels ask for the last byte ({@code dma_capable}).
   */
  public boolean reaches(DeviceSpec device, long buffer, long sizeBytes) {
    return switch (era) {
      case LINUX_2_6_27 ->
          device.dmaMask() == -1
              || Long.compareUnsigned(buffer + sizeBytes - 1, device.dmaMask()) < 0;
      case LINUX_6 -> reachesAll(device, buffer, sizeBytes);
    };
  }

  /** {@return true if {@code device} reaches the last byte, and so all} */
  public static boolean reachesAll(DeviceSpec device, long buffer, long sizeBytes) {
    return Long.compareUnsigned(buffer + sizeBytes - 1, device.dmaMask()) <= 0;
  }

  @Override
  public void unmap(Cpu cpu, DeviceSpec device, DmaHandle handle) {
    // Nothing was taken.
  }

  @Override
  public long takenPageCount() {
    return 0;
  }

  @Override
  public DmaMapping fork() {
    return this;
  }

  @Override
  public void addTo(Fingerprint into) {
    // It has no state.
  }
}
