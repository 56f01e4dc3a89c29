// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.List;
import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.machine.Device;
import org.crashlane.machine.DmaMask;
import org.crashlane.machine.LowMemoryNeeds;
import org.crashlane.machine.Machine;
import org.crashlane.machine.MemoryEncryption;
import org.crashlane.memory.AddressRange;

/**
 * What the rule asks of devices and of memory whatever the tables say: B1 and B4, and G1 on the
 * dump path.
 *
 * <p>The capture kernel's addresses are physical ones. Of two crash ranges one within reach is
 * enough, in whichever order they are given: Linux looks for memory below the mask that it needs.
 */
final class DeviceRules {
  /** What Linux assumes of a device until its driver says otherwise, and allocates pools below. */
  private static final AddressRange LOW = new AddressRange(0, BitField.lowMask(32));

  /** Linux 2.6 to 7.0: IO_TLB_DEFAULT_SIZE, include/linux/swiotlb.h. */
  private static final long DEFAULT_POOL_BYTES = 64 << 20;

  private static final String FORCED = ", which all DMA of a confidential guest goes through";

  private final Machine machine;
  private final FindingList findings;

  DeviceRules(Machine machine, FindingList findings) {
    this.machine = machine;
    this.findings = findings;
  }

  void judge() {
    for (Device device : machine.devices()) {
      if (device.onDumpPath()) {
        judgeMasks(device);
        judgeOwner(device);
      }
    }
  }

  private void judgeMasks(Device device) {
    boolean streamsFit = fits(device.masks().streaming());
    if (!streamsFit) {
      outOfReach(FindingCode.B1, device, device.masks().streaming(), "reaches addresses");
    }
    // Rings that do not fit either are no more news where nothing fits.
    if (streamsFit && !fits(device.masks().coherent())) {
      outOfReach(
          FindingCode.B4,
          device,
          device.masks().coherent(),
          "has rings and commands at addresses (coherent mask)");
    }
  }

  /** {@return true if a crash range lies within the mask; of one not known, within 32 bits} */
  private boolean fits(DmaMask mask) {
    AddressRange reach =
        switch (mask) {
          case DmaMask.Known known -> known.reach();
          case DmaMask.Unknown _ -> LOW;
        };
    return machine.crashRanges().stream().anyMatch(reach::contains);
  }

  /** {@return true if no crash range lies where any device reaches} */
  static boolean isHigh(Machine machine) {
    return machine.crashRanges().stream().noneMatch(LOW::contains);
  }

  private void outOfReach(FindingCode code, Device device, DmaMask mask, String what) {
    Optional<AddressRange> crash = Optional.of(machine.crashRanges().getFirst());
    switch (mask) {
      case DmaMask.Known known ->
          findings.broken(
              code,
              device.toString(),
              crash,
              List.of("the device " + what + " to " + Hex.of(known.last()) + " only"),
              "reserve a crash range below " + Hex.of(known.last() + 1));
      case DmaMask.Unknown _ ->
          findings.cannotTell(
              code,
              device.toString(),
              List.of(
                  "its "
                      + (code == FindingCode.B4 ? "coherent DMA mask" : "DMA mask")
                      + " is not known, and no crash range lies below 4 GiB"),
              "tell the mask (sysfs: dma_mask_bits, consistent_dma_mask_bits), or reserve a crash"
                  + " range below 4 GiB too (crashkernel=SIZE,low)");
    }
  }

  private void judgeOwner(Device device) {
    if (device.assignedToGuest()) {
      findings.broken(
          FindingCode.G1,
          device.toString(),
          Optional.empty(),
          List.of("a guest owns it, and the dump goes through it"),
          "send the dump through a device of the host's own: to arm this one would let the guest"
              + " write the crash range");
    }
  }

  /**
   * What the capture kernel itself needs below 4 GiB: asked for the machine once. A pool has to lie
   * in one piece, and beside it the kernel itself has to have room.
   */
  void judgeNeeds() {
    LowMemoryNeeds needs = machine.captureNeeds();
    boolean isGuest = machine.encryption() instanceof MemoryEncryption.Guest;
    long poolBytes =
        isGuest && needs.bouncePoolBytes() == 0 ? DEFAULT_POOL_BYTES : needs.bouncePoolBytes();
    if (poolBytes > 0) {
      need(
          "a bounce pool of %s bytes%s".formatted(Hex.of(poolBytes), isGuest ? FORCED : ""),
          poolBytes + 1);
    }
    if (needs.deviceTableBytes() > 0) {
      need(
          "a device table of %s bytes".formatted(Hex.of(needs.deviceTableBytes())),
          needs.deviceTableBytes());
    }
  }

  private void need(String what, long sizeBytes) {
    boolean hasRoom =
        machine.crashRanges().stream()
            .flatMap(crash -> crash.intersection(LOW).stream())
            .anyMatch(low -> Long.compareUnsigned(low.last() - low.first(), sizeBytes - 1) >= 0);
    if (!hasRoom) {
      findings.broken(
          FindingCode.B4,
          Finding.CAPTURE_KERNEL,
          Optional.of(machine.crashRanges().getFirst()),
          List.of("it needs " + what + " below 4 GiB, and no crash range has room for it there"),
          "make the crash range larger, or reserve one below 4 GiB (crashkernel=SIZE,low)");
    }
  }
}
