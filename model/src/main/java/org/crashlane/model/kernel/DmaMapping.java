// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.rehearsal.ArmReport;

/**
 * A kernel's mapping driver: what its device drivers call to let a device reach a buffer. It
 * reaches the hardware through the {@link Cpu} of each call alone: tables in memory, and registers.
 *
 * <p>What it keeps besides (which IOVAs are taken, which domain a device is in) is the kernel's own
 * state, which can be copied.
 */
public interface DmaMapping {

  /**
   * Maps a buffer for a device.
   *
   * @param device for whom; its mask bounds the bus address
   * @param buffer physical address, of any alignment
   * @param sizeBytes at least 1
   */
  MapAttempt map(Cpu cpu, DeviceSpec device, long buffer, long sizeBytes, Direction direction);

  /**
   * Maps memory that device and CPU both use as long as the driver lives, each seeing at once what
   * the other writes (a ring). The bus address is within the device's coherent mask.
   *
   * @param buffer physical address, a multiple of 4096
   */
  default MapAttempt mapCoherent(Cpu cpu, DeviceSpec device, long buffer, long sizeBytes) {
    return map(cpu, device.coherently(), buffer, sizeBytes, Direction.BIDIRECTIONAL);
  }

  /** {@return the largest buffer that can be mapped at once ({@code dma_max_mapping_size})} */
  default long largestMappingBytes(DeviceSpec device) {
    return Long.MAX_VALUE;
  }

  /**
   * {@return what a device that is assigned to a guest may reach since boot: guest-physical
   * addresses as bus addresses; empty for all others}
   */
  default List<DmaHandle> guestMemory(DeviceSpec device) {
    return List.of();
  }

  /** Takes a mapping back: afterwards the device does not reach the buffer by it. */
  void unmap(Cpu cpu, DeviceSpec device, DmaHandle handle);

  /** Lets the device see what the CPU wrote into the buffer since it was mapped. */
  default void syncForDevice(Cpu cpu, DeviceSpec device, DmaHandle handle) {
    // The device reaches the buffer itself.
  }

  /** Lets the CPU see what the device wrote, while the mapping stays. */
  default void syncForCpu(Cpu cpu, DeviceSpec device, DmaHandle handle) {
    // The device reaches the buffer itself.
  }

  /**
   * Keeps the bus addresses in {@code ranges} from being handed out from now on; those handed out
   * before stay. Ranges beyond what can be handed out are clamped.
   *
   * @param devices for whom
   */
  default void reserve(Cpu cpu, List<AddressRange> ranges, List<DeviceSpec> devices) {
    // Nothing is handed out.
  }

  /**
   * Maps {@code ranges} to themselves for {@code devices}, before the crash: the proposal's set-up.
   * Does not tell the allocator; see {@link #reserve}. Either all of one device's (or table's)
   * ranges are mapped or none.
   *
   * @param ranges whole 4 KiB pages
   * @return what was done and what it cost, device by device or table by table
   */
  default ArmReport arm(Cpu cpu, List<AddressRange> ranges, List<DeviceSpec> devices) {
    return ArmReport.NOTHING_NEEDED;
  }

  /** {@return true if the kernel looks for errors of the IOMMU from time to time} */
  default boolean hasWatchdog() {
    return false;
  }

  /** Looks for errors once, and does what the kernel does about them. */
  default void watchdog(Cpu cpu) {
    // Nobody looks.
  }

  /**
   * {@return false if a request to what is not mapped, or not yet, may do harm: the kernel takes
   * the device away for it, or what the IOMMU remembers of it outlives the next mapping}
   */
  default boolean copesWithStrays() {
    return true;
  }

  /** {@return what holds of the allocator, for invariants: bus addresses taken, in all} */
  long takenPageCount();

  /** {@return a mapping driver in the same state, that changes by itself} */
  DmaMapping fork();

  /** Adds all its state to {@code into}. */
  void addTo(Fingerprint into);
}
