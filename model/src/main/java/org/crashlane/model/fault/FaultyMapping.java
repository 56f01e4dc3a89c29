// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.rehearsal.ArmReport;

/**
 * A mapping driver whose calls go wrong. All state is the real driver's.
 *
 * @param real the driver
 * @param fault what is wrong
 */
record FaultyMapping(DmaMapping real, CallFault fault) implements DmaMapping {

  @Override
  public MapAttempt map(
      Cpu cpu, DeviceSpec device, long buffer, long sizeBytes, Direction direction) {
    return fault.map(real, cpu, device, buffer, sizeBytes, direction);
  }

  @Override
  public MapAttempt mapCoherent(Cpu cpu, DeviceSpec device, long buffer, long sizeBytes) {
    return real.mapCoherent(cpu, device, buffer, sizeBytes);
  }

  @Override
  public long largestMappingBytes(DeviceSpec device) {
    return real.largestMappingBytes(device);
  }

  @Override
  public List<DmaHandle> guestMemory(DeviceSpec device) {
    return real.guestMemory(device);
  }

  @Override
  public void unmap(Cpu cpu, DeviceSpec device, DmaHandle handle) {
    fault.unmap(real, cpu, device, handle);
  }

  @Override
  public void syncForDevice(Cpu cpu, DeviceSpec device, DmaHandle handle) {
    real.syncForDevice(cpu, device, handle);
  }

  @Override
  public void syncForCpu(Cpu cpu, DeviceSpec device, DmaHandle handle) {
    real.syncForCpu(cpu, device, handle);
  }

  @Override
  public void reserve(Cpu cpu, List<AddressRange> ranges, List<DeviceSpec> devices) {
    fault.reserve(real, cpu, ranges, devices);
  }

  @Override
  public ArmReport arm(Cpu cpu, List<AddressRange> ranges, List<DeviceSpec> devices) {
    return fault.arm(real, cpu, ranges, devices);
  }

  @Override
  public boolean hasWatchdog() {
    return real.hasWatchdog();
  }

  @Override
  public void watchdog(Cpu cpu) {
    real.watchdog(cpu);
  }

  @Override
  public boolean copesWithStrays() {
    return real.copesWithStrays();
  }

  @Override
  public long takenPageCount() {
    return real.takenPageCount();
  }

  @Override
  public DmaMapping fork() {
    return new FaultyMapping(real.fork(), fault);
  }

  @Override
  public void addTo(Fingerprint into) {
    real.addTo(into);
  }
}
