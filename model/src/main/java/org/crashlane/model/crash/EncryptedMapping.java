// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import org.crashlane.machine.MemoryEncryption;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.spec.DeviceSpec;

/**
 * The mapping driver of a capture kernel that encrypts its memory and sees no IOMMU: a device that
 * reaches the bit that says encrypted is given the physical address with it (Linux 6.12
 * include/linux/dma-direct.h, phys_to_dma); for all others what devices share with the kernel is
 * not encrypted, and neither is the pool that their buffers are bounced to
 * (arch/x86/mm/mem_encrypt.c, force_dma_unencrypted, which asks for the coherent mask).
 *
 * @param host the bit, and whether buffers are bounced whatever devices reach
 * @param plain what is mapped without the bit
 */
record EncryptedMapping(MemoryEncryption.Host host, DmaMapping plain) implements DmaMapping {

  /** {@return true if buffers of {@code device} are bounced} */
  static boolean bounces(MemoryEncryption.Host host, DeviceSpec device) {
    return switch (host.capture()) {
      case ENCRYPTED -> !host.isReachedBy(device.dmaMask());
      case BOUNCED -> true;
      case PLAIN -> false;
    };
  }

  @Override
  public MapAttempt map(
      Cpu cpu, DeviceSpec device, long buffer, long sizeBytes, Direction direction) {
    return bounces(host, device)
        ? plain.map(cpu, device, buffer, sizeBytes, direction)
        : withBit(buffer, sizeBytes, direction);
  }

  @Override
  public MapAttempt mapCoherent(Cpu cpu, DeviceSpec device, long buffer, long sizeBytes) {
    return host.isReachedBy(device.coherentMask())
        ? withBit(buffer, sizeBytes, Direction.BIDIRECTIONAL)
        : plain.mapCoherent(cpu, device, buffer, sizeBytes);
  }

  private MapAttempt withBit(long buffer, long sizeBytes, Direction direction) {
    long address = buffer | host.addressMask();
    return new MapAttempt.Mapped(new DmaHandle(address, address, buffer, sizeBytes, direction));
  }

  private boolean isPlain(DmaHandle handle) {
    return (handle.busAddress() & host.addressMask()) == 0;
  }

  @Override
  public long largestMappingBytes(DeviceSpec device) {
    return bounces(host, device) ? plain.largestMappingBytes(device) : Long.MAX_VALUE;
  }

  @Override
  public void unmap(Cpu cpu, DeviceSpec device, DmaHandle handle) {
    if (isPlain(handle)) {
      plain.unmap(cpu, device, handle);
    }
  }

  @Override
  public void syncForDevice(Cpu cpu, DeviceSpec device, DmaHandle handle) {
    if (isPlain(handle)) {
      plain.syncForDevice(cpu, device, handle);
    }
  }

  @Override
  public void syncForCpu(Cpu cpu, DeviceSpec device, DmaHandle handle) {
    if (isPlain(handle)) {
      plain.syncForCpu(cpu, device, handle);
    }
  }

  @Override
  public long takenPageCount() {
    return plain.takenPageCount();
  }

  @Override
  public DmaMapping fork() {
    return new EncryptedMapping(host, plain.fork());
  }

  @Override
  public void addTo(Fingerprint into) {
    plain.addTo(into);
  }
}
