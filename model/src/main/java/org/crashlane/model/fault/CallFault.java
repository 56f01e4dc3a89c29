// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.rehearsal.ArmReport;

/**
 * What is wrong with calls to a mapping driver. Each method is given the driver and does what the
 * call comes to; by itself each does what was asked for. It has no state.
 */
interface CallFault {
  /** Nothing is wrong. */
  CallFault NONE = new CallFault() {};

  /** Maps a buffer for a transfer. */
  default MapAttempt map(
      DmaMapping real,
      Cpu cpu,
      DeviceSpec device,
      long buffer,
      long sizeBytes,
      Direction direction) {
    return real.map(cpu, device, buffer, sizeBytes, direction);
  }

  /** Takes a mapping back. */
  default void unmap(DmaMapping real, Cpu cpu, DeviceSpec device, DmaHandle handle) {
    real.unmap(cpu, device, handle);
  }

  /** Keeps bus addresses from being handed out. */
  default void reserve(
      DmaMapping real, Cpu cpu, List<AddressRange> ranges, List<DeviceSpec> devices) {
    real.reserve(cpu, ranges, devices);
  }

  /** Maps the crash ranges to themselves. */
  default ArmReport arm(
      DmaMapping real, Cpu cpu, List<AddressRange> ranges, List<DeviceSpec> devices) {
    return real.arm(cpu, ranges, devices);
  }
}
