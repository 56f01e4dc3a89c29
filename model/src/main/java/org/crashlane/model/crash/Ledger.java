// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.crashlane.iommu.Access;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.kernel.DmaHandle;

/**
 * What the drivers of one kernel meant: every live mapping of each device. Neither kernels nor
 * hardware see it; it is what their bytes are held against.
 */
final class Ledger {
  private final DmaHandle[][] live;

  Ledger(int deviceCount) {
    this(new DmaHandle[deviceCount][0]);
  }

  private Ledger(DmaHandle[][] live) {
    this.live = live;
  }

  void add(int device, DmaHandle handle) {
    DmaHandle[] before = live[device];
    DmaHandle[] after = Arrays.copyOf(before, before.length + 1);
    after[before.length] = handle;
    live[device] = after;
  }

  void remove(int device, DmaHandle handle) {
    DmaHandle[] before = live[device];
    DmaHandle[] after = new DmaHandle[before.length];
    int left = 0;
    for (DmaHandle other : before) {
      if (!other.equals(handle)) {
        after[left++] = other;
      }
    }
    live[device] = Arrays.copyOf(after, left);
  }

  /**
   * {@return a live mapping of {@code device} that has some of the handle's bus addresses, or one
   * of any device that has some of its memory}
   */
  Optional<DmaHandle> conflicting(int device, DmaHandle handle) {
    for (int i = 0; i < live.length; i++) {
      for (DmaHandle other : live[i]) {
        if ((i == device && other.bus().overlaps(handle.bus()))
            || other.targetRange().overlaps(handle.targetRange())) {
          return Optional.of(other);
        }
      }
    }
    return Optional.empty();
  }

  /** {@return the device's live mapping for such an access to all these bus addresses} */
  Optional<DmaHandle> find(int device, long bus, int length, Access access) {
    for (DmaHandle handle : live[device]) {
      long offset = bus - handle.busAddress();
      if (Long.compareUnsigned(offset, handle.sizeBytes()) < 0
          && length <= handle.sizeBytes() - offset
          && handle.direction().allows(access)) {
        return Optional.of(handle);
      }
    }
    return Optional.empty();
  }

  /** {@return the live mappings of {@code device}} */
  List<DmaHandle> live(int device) {
    return List.of(live[device]);
  }

  /** {@return the memory that some device may write: its bytes may change after the panic} */
  List<AddressRange> writable() {
    return Arrays.stream(live)
        .flatMap(Arrays::stream)
        .filter(handle -> handle.direction().writes())
        .map(DmaHandle::targetRange)
        .toList();
  }

  Ledger fork() {
    return new Ledger(live.clone());
  }

  void addTo(Fingerprint into) {
    for (DmaHandle[] handles : live) {
      into.add(handles.length);
      for (DmaHandle handle : handles) {
        into.add(handle.busAddress());
        into.add(handle.target());
        into.add(handle.sizeBytes());
        into.add(handle.direction().reads());
        into.add(handle.direction().writes());
      }
    }
  }
}
