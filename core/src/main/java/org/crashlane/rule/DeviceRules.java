// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.List;
import org.crashlane.bits.BitField;
import org.crashlane.machine.Device;
import org.crashlane.machine.DmaMask;
import org.crashlane.machine.LowMemoryNeeds;
import org.crashlane.machine.Machine;
import org.crashlane.machine.MemoryEncryption;
import org.crashlane.memory.AddressRange;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Reading.LowMemory;
import org.crashlane.rule.Reading.Mask;
import org.crashlane.rule.Reading.MaskUse;
import org.crashlane.rule.Reading.Need;
import org.crashlane.rule.Remedy.CrashRangeBelow;
import org.crashlane.rule.Remedy.KernelOption;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Subject.OfDevice;
import org.crashlane.rule.Subject.Part;

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
      outOfReach(FindingCode.B1, device, new Mask(MaskUse.STREAMING, device.masks().streaming()));
    }
    // Rings that do not fit either are no more news where nothing fits.
    if (streamsFit && !fits(device.masks().coherent())) {
      outOfReach(FindingCode.B4, device, new Mask(MaskUse.COHERENT, device.masks().coherent()));
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

  private void outOfReach(FindingCode code, Device device, Mask mask) {
    Subject subject = new OfDevice(device);
    switch (mask.mask()) {
      case DmaMask.Known known ->
          findings.broken(
              code,
              subject,
              List.of(machine.crashRanges().getFirst()),
              List.of(mask),
              new CrashRangeBelow(known.last() + 1));
      case DmaMask.Unknown _ ->
          findings.cannotTell(
              code, subject, List.of(mask), Step.GIVE_DMA_MASK, KernelOption.LOW_CRASH_RANGE);
    }
  }

  private void judgeOwner(Device device) {
    if (device.assignedToGuest()) {
      findings.broken(
          FindingCode.G1,
          new OfDevice(device),
          List.of(),
          List.of(Fact.GUEST_OWNS_DUMP_DEVICE),
          Step.USE_HOST_DEVICE);
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
      Need pool = isGuest ? Need.GUEST_BOUNCE_POOL : Need.BOUNCE_POOL;
      need(new LowMemory(pool, poolBytes), poolBytes + 1);
    }
    if (needs.deviceTableBytes() > 0) {
      need(new LowMemory(Need.DEVICE_TABLE, needs.deviceTableBytes()), needs.deviceTableBytes());
    }
  }

  private void need(LowMemory need, long sizeBytes) {
    boolean hasRoom =
        machine.crashRanges().stream()
            .flatMap(crash -> crash.intersection(LOW).stream())
            .anyMatch(low -> Long.compareUnsigned(low.last() - low.first(), sizeBytes - 1) >= 0);
    if (!hasRoom) {
      findings.broken(
          FindingCode.B4,
          Part.CAPTURE_KERNEL,
          List.of(machine.crashRanges().getFirst()),
          List.of(need),
          KernelOption.LARGER_CRASH_RANGE,
          KernelOption.LOW_CRASH_RANGE);
    }
  }
}
