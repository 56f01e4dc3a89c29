// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.kernel.ArmReport;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.kernel.Watched;
import org.crashlane.model.spec.DeviceSpec;

/** A mapping driver whose calls go wrong. All state is the real driver's. */
class FaultyMapping implements DmaMapping {
  private final DmaMapping real;
  private final CallFault fault;

  private FaultyMapping(DmaMapping real, CallFault fault) {
    this.real = real;
    this.fault = fault;
  }

  /** {@return {@code real} with something wrong; watched if it is} */
  static DmaMapping of(DmaMapping real, CallFault fault) {
    return real instanceof Watched watched
        ? new OfWatched(real, watched, fault)
        : new FaultyMapping(real, fault);
  }

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
  public boolean copesWithStrays() {
    return real.copesWithStrays();
  }

  @Override
  public long takenPageCount() {
    return real.takenPageCount();
  }

  @Override
  public DmaMapping fork() {
    return of(real.fork(), fault);
  }

  @Override
  public void addTo(Fingerprint into) {
    real.addTo(into);
  }

  private static final class OfWatched extends FaultyMapping implements Watched {
    private final Watched watched;

    OfWatched(DmaMapping real, Watched watched, CallFault fault) {
      super(real, fault);
      this.watched = watched;
    }

    @Override
    public void watchdog(Cpu cpu) {
      watched.watchdog(cpu);
    }
  }
}
