// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.hardware.Page;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.spec.DeviceSpec;

/**
 * Where the capture kernel takes what its driver needs: rings where the device's coherent mask
 * reaches, and buffers from the highest crash range that its streaming mask reaches, whatever the
 * order in which they were reserved.
 */
final class CaptureMemory {
  /** What is free of each crash range, from the lowest up. */
  private final List<PageFrames> zones;

  CaptureMemory(CrashPlan plan) {
    this(plan.captureMemory().stream().sorted().map(r -> PageFrames.of(List.of(r))).toList());
  }

  private CaptureMemory(List<PageFrames> zones) {
    this.zones = zones;
  }

  /** {@return a page for what device and kernel share, where the device reaches it if possible} */
  OptionalLong takeShared(DeviceSpec spec) {
    OptionalLong page = take(zones, Page.BYTES, spec.coherentMask());
    return page.isPresent() ? page : take(zones, Page.BYTES, -1);
  }

  /**
   * {@return what the dump is copied into: from the highest range that the device reaches, and less
   * than {@code mostBytes} where there is little; empty if there is not a page}
   */
  Optional<AddressRange> takeBuffer(DeviceSpec spec, long mostBytes) {
    for (long last : new long[] {spec.dmaMask(), -1}) {
      for (long pages = mostBytes / Page.BYTES; pages > 0; pages /= 2) {
        OptionalLong first = take(zones.reversed(), pages * Page.BYTES, last);
        if (first.isPresent()) {
          return Optional.of(AddressRange.ofSize(first.getAsLong(), pages * Page.BYTES));
        }
      }
    }
    return Optional.empty();
  }

  private static OptionalLong take(List<PageFrames> from, long sizeBytes, long last) {
    return from.stream()
        .map(zone -> zone.take(sizeBytes, Page.BYTES, last))
        .filter(OptionalLong::isPresent)
        .findFirst()
        .orElse(OptionalLong.empty());
  }

  CaptureMemory fork() {
    return new CaptureMemory(zones.stream().map(PageFrames::fork).toList());
  }

  void addTo(Fingerprint into) {
    zones.forEach(zone -> zone.addTo(into));
  }
}
