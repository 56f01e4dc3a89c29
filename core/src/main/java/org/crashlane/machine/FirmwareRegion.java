// SPDX-License-Identifier: Apache-2.0
package org.crashlane.machine;

import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/**
 * Memory that firmware has a device use by DMA, whatever the kernel does: it is described by RMRR
 * structures of the DMAR table (VT-d specification, "Reserved Memory Region Reporting Structure")
 * and by IVMD blocks of the IVRS table (AMD I/O Virtualization Technology specification, "I/O
 * Virtualization Memory Definition Blocks").
 *
 * @param first the device, or the first of a range of devices
 * @param last the last of them
 * @param range the memory, mostly reserved and no RAM
 * @param kind how the device reaches it
 */
public record FirmwareRegion(RequesterId first, RequesterId last, AddressRange range, Kind kind) {

  /** How the device reaches the memory. */
  public enum Kind {
    /** The kernel has to map it to itself for the device: RMRR, IVMD with the unity flag. */
    MAPPED,
    /** Requests in it pass untranslated and unchecked: IVMD with the exclusion flag. */
    EXCLUDED
  }

  public FirmwareRegion {
    if (first.compareTo(last) > 0 || first.segment() != last.segment()) {
      throw new IllegalArgumentException("no range of devices: " + first + " to " + last);
    }
  }

  /** Memory of one device, that has to be mapped. */
  public FirmwareRegion(RequesterId device, AddressRange range) {
    this(device, device, range, Kind.MAPPED);
  }

  /** {@return true if {@code requester} uses it} */
  public boolean isFor(RequesterId requester) {
    return first.compareTo(requester) <= 0 && requester.compareTo(last) <= 0;
  }

  /** {@return whose it is, for people} */
  public String devices() {
    return first.equals(last) ? first.toString() : first + " to " + last;
  }
}
