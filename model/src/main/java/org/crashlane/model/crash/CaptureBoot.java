// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.Optional;
import org.crashlane.bits.Reason;
import org.crashlane.interrupt.Processors;
import org.crashlane.machine.MemoryEncryption;
import org.crashlane.machine.MemoryEncryption.CaptureDma;
import org.crashlane.memory.Ranges;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.swiotlb.SwiotlbMode;
import org.crashlane.model.modes.Modes;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.rehearsal.Strategy;

/** How the capture kernel starts: whether its processor lets it, and what it does to the IOMMU. */
final class CaptureBoot {
  private CaptureBoot() {}

  /**
   * {@return what keeps a kernel from running that cannot remap interrupts, and so leaves x2APIC
   * mode} Any processor may crash: it is the one that leaves it worst (Linux 6.12
   * arch/x86/kernel/apic/apic.c, x2apic_disable).
   */
  static Optional<Reason> diesOfApics(CrashPlan plan) {
    if (!plan.strategy().blind()) {
      return Optional.empty();
    }
    Processors processors = plan.machine().processors();
    return switch (processors.mode()) {
      case UNKNOWN, XAPIC, X2APIC_OF_KVM -> Optional.empty();
      case X2APIC ->
          processors.beyondXapic().stream()
              .max(Integer::compareUnsigned)
              .map(id -> Reason.of(Cause.X2APIC_ID, new Reason.Value(Integer.toUnsignedLong(id))));
      case X2APIC_LOCKED -> Optional.of(Reason.of(Cause.X2APIC_LOCKED));
    };
  }

  /** Deals with the IOMMU, or does not; a kernel without one bounces what devices do not reach. */
  static DmaMapping mappingDriver(World world) {
    DmaMapping driver = modeDriver(world);
    if (!(driver instanceof DirectMapping)) {
      return driver;
    }
    MachineSpec machine = world.plan().machine();
    PageFrames frames = forTables(world.plan());
    if (!(machine.encryption() instanceof MemoryEncryption.Host host)
        || host.capture() == CaptureDma.PLAIN) {
      return SwiotlbMode.capture(machine, frames);
    }
    boolean bounces =
        machine.dumpPath().stream().anyMatch(device -> EncryptedMapping.bounces(host, device));
    return new EncryptedMapping(host, bounces ? SwiotlbMode.forced(machine, frames) : driver);
  }

  private static DmaMapping modeDriver(World world) {
    CrashPlan plan = world.plan();
    if (plan.strategy() == Strategy.RESET) {
      world.resetAllDevices();
    }
    return Modes.of(plan.machine().mode())
        .capture(plan.strategy(), world.captureCpu(), plan.machine(), forTables(plan));
  }

  /** Tables of its own come from what its I/O buffers leave. */
  private static PageFrames forTables(CrashPlan plan) {
    return PageFrames.of(Ranges.without(plan.machine().crashRanges(), plan.captureMemory()));
  }
}
