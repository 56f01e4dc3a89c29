// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Reason;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Ranges;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.hardware.DmaDevice;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.hardware.Page;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.modes.Modes;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.rehearsal.ArmReport;
import org.crashlane.rehearsal.Event;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Reading.Mapped;
import org.crashlane.rule.Sighting.Modelled;
import org.crashlane.rule.Subject.OfDevice;

/** The kernel that will panic: its memory, its mapping driver and the drivers of its devices. */
final class PrimaryKernel {
  /** Firmware and the kernel itself lie below; a machine of a few pages has but one of them. */
  private static final long FIRST_MEBIBYTE = 1 << 20;

  private static final AddressRange BELOW_4_GIB = new AddressRange(0, 0xffff_ffffL);

  private final PageFrames frames;
  private final DmaMapping mapping;
  private final List<Driver> drivers;
  private ArmReport armed;
  private boolean armPending;

  private PrimaryKernel(
      PageFrames frames,
      DmaMapping mapping,
      List<Driver> drivers,
      ArmReport armed,
      boolean armPending) {
    this.frames = frames;
    this.mapping = mapping;
    this.drivers = drivers;
    this.armed = armed;
    this.armPending = armPending;
  }

  /** {@return a primary kernel that has set up its IOMMU; no driver runs yet} */
  static PrimaryKernel boot(World world) {
    CrashPlan plan = world.plan();
    MachineSpec machine = plan.machine();
    List<AddressRange> free = freeAtBoot(machine);
    List<AddressRange> low = Ranges.common(free, List.of(BELOW_4_GIB));
    long half = Alignment.down(Ranges.sizeBytes(low) / 2, Page.BYTES);
    List<AddressRange> forTables = Ranges.firstPart(low, half);
    PageFrames frames = PageFrames.of(Ranges.without(free, forTables));
    DmaMapping mapping =
        Modes.of(machine.mode())
            .boot(plan.sabotage().cpu(world.primaryCpu()), machine, PageFrames.of(forTables));
    List<Driver> drivers = new ArrayList<>();
    for (int i = 0; i < machine.devices().size(); i++) {
      drivers.add(new Driver(i, machine.devices().get(i), plan.workload()));
    }
    boolean later = plan.strategy() == Strategy.IDENTITY && plan.timing() != ArmTiming.EARLY;
    return new PrimaryKernel(
        frames, plan.sabotage().mapping(mapping), drivers, ArmReport.NOTHING_NEEDED, later);
  }

  private static List<AddressRange> freeAtBoot(MachineSpec machine) {
    boolean small = machine.ram().getFirst().sizeBytes() <= 2 * FIRST_MEBIBYTE;
    List<AddressRange> taken = new ArrayList<>(machine.crashRanges());
    taken.addAll(Modes.of(machine.mode()).withheld(machine));
    machine.firmwareMemory().forEach(memory -> taken.add(memory.range()));
    taken.add(AddressRange.ofSize(0, small ? Page.BYTES : FIRST_MEBIBYTE));
    return Ranges.without(machine.ram(), taken);
  }

  /** Arms, unless that is for later, and starts the drivers. */
  void start(World world) {
    CrashPlan plan = world.plan();
    noteGuestMemory(world);
    if (plan.workload().varied()) {
      strayEarly(world);
    }
    if (plan.strategy() == Strategy.RESERVE) {
      reserve(world);
    } else if (plan.strategy() == Strategy.IDENTITY && plan.timing() == ArmTiming.EARLY) {
      arm(world);
    }
    for (int i = 0; i < drivers.size(); i++) {
      DeviceSpec spec = plan.machine().devices().get(i);
      if (!spec.assignedToGuest()) {
        drivers.get(i).probe(world);
      } else if (!mapping.guestMemory(spec).isEmpty()) {
        startGuest(world, i, mapping.guestMemory(spec).getFirst());
      }
    }
  }

  private void noteGuestMemory(World world) {
    for (int i = 0; i < drivers.size(); i++) {
      for (DmaHandle handle : mapping.guestMemory(world.plan().machine().devices().get(i))) {
        world.primaryLedger().add(i, handle);
      }
    }
  }

  /** The guest's own driver: it knows guest-physical addresses alone. */
  private static void startGuest(World world, int device, DmaHandle memory) {
    world
        .device(device)
        .start(memory.busAddress(), 2, Optional.of(memory.busAddress() + Page.BYTES / 2), false);
  }

  boolean isArmPending() {
    return armPending;
  }

  void arm(World world) {
    armPending = false;
    long before = world.cpuAccessCount();
    if (world.plan().reserves()) {
      reserve(world);
    }
    ArmReport report = mapping.arm(cpu(world), world.plan().armed(), toArm(world.plan().machine()));
    armed = report.withStepCount(world.cpuAccessCount() - before);
    AskedFor.check(world);
    world.trace(() -> new Event.Armed(armed));
  }

  /** Devices that firmware left at work ask for this and that before anything is theirs. */
  private void strayEarly(World world) {
    List<DeviceSpec> devices = world.plan().machine().devices();
    for (int i = 0; i < devices.size(); i++) {
      long last = BitField.lowMask(Math.min(devices.get(i).dmaMaskBits(), Integer.SIZE));
      stray(world, i, AddressRange.ofSize(last + 1 - Page.BYTES, Page.BYTES));
      for (AddressRange range : world.plan().machine().crashRanges()) {
        stray(world, i, AddressRange.ofSize(range.first(), Page.BYTES));
        stray(world, i, AddressRange.ofSize(range.last() + 1 - Page.BYTES, Page.BYTES));
      }
    }
  }

  /**
   * Has a device read where nothing is its own, so that the unit remembers that there is nothing.
   * Only where that does no harm of itself.
   */
  void stray(World world, int device, AddressRange bus) {
    if (mapping.copesWithStrays()) {
      long first = Alignment.down(bus.first(), Page.BYTES);
      long last = Alignment.down(bus.last(), Page.BYTES);
      world.stray(device, new AddressRange(first, last + Page.BYTES - 1));
    }
  }

  private void reserve(World world) {
    MachineSpec machine = world.plan().machine();
    mapping.reserve(cpu(world), machine.crashRanges(), machine.devices());
  }

  /** A device that a guest owns would hand the guest the crash range: only where it must be. */
  private static List<DeviceSpec> toArm(MachineSpec machine) {
    return machine.dumpPath();
  }

  boolean hasWatchdog() {
    return mapping.hasWatchdog();
  }

  void watchdog(World world) {
    mapping.watchdog(cpu(world));
  }

  MapAttempt map(World world, int device, long buffer, int size, Direction direction) {
    DeviceSpec spec = world.plan().machine().devices().get(device);
    MapAttempt attempt = mapping.map(cpu(world), spec, buffer, size, direction);
    if (attempt instanceof MapAttempt.Mapped mapped) {
      entered(world, device, mapped.handle());
    }
    return attempt;
  }

  /** Maps a page for as long as the device runs, for both to see what the other writes at once. */
  Optional<DmaHandle> mapCoherent(World world, int device, long page) {
    DeviceSpec spec = world.plan().machine().devices().get(device);
    return switch (mapping.mapCoherent(cpu(world), spec, page, Page.BYTES)) {
      case MapAttempt.Mapped mapped -> {
        entered(world, device, mapped.handle());
        yield Optional.of(mapped.handle());
      }
      case MapAttempt.Failed failed -> {
        world.trace(() -> new Event.NotStarted(spec.device(), failed.reason()));
        yield Optional.empty();
      }
    };
  }

  private void entered(World world, int device, DmaHandle handle) {
    DeviceSpec spec = world.plan().machine().devices().get(device);
    world.trace(() -> new Event.Mapped(spec.device(), handle.mapping()));
    world
        .primaryLedger()
        .conflicting(device, handle)
        .ifPresent(other ->
            violated(
                world,
                Kind.MAPPED_TWICE,
                spec,
                handle,
                List.of(
                    new Modelled(Reason.of(Cause.STILL_LIVE, new Reason.At(other.buffer()))),
                    new Mapped(other.mapping()))));
    if (armed.cost().entryCount() > 0
        && world.plan().armed().stream().anyMatch(range -> range.overlaps(handle.bus()))) {
      violated(
          world,
          Kind.HANDED_OUT_ARMED,
          spec,
          handle,
          List.of(new Modelled(Reason.of(Cause.ARMING_NOT_KNOWN))));
    }
    world.primaryLedger().add(device, handle);
  }

  private static void violated(
      World world, Kind kind, DeviceSpec spec, DmaHandle handle, List<Evidence> evidence) {
    world.violated(
        kind,
        (which, step) ->
            new Violation(
                which,
                step,
                new OfDevice(spec.device()),
                handle.busAddress(),
                handle.target(),
                handle.sizeBytes(),
                evidence));
  }

  void unmap(World world, int device, DmaHandle handle) {
    DeviceSpec spec = world.plan().machine().devices().get(device);
    world.trace(() -> new Event.Unmapped(spec.device(), handle.mapping()));
    mapping.unmap(cpu(world), spec, handle);
    world.primaryLedger().remove(device, handle);
  }

  void syncForCpu(World world, int device, DmaHandle handle) {
    mapping.syncForCpu(cpu(world), world.plan().machine().devices().get(device), handle);
  }

  void syncForDevice(World world, int device, DmaHandle handle) {
    mapping.syncForDevice(cpu(world), world.plan().machine().devices().get(device), handle);
  }

  void ringDoorbell(DmaDevice device, int tail) {
    device.ringDoorbell(tail);
  }

  PageFrames frames() {
    return frames;
  }

  Driver driver(int device) {
    return drivers.get(device);
  }

  ArmReport armed() {
    return armed;
  }

  private static Cpu cpu(World world) {
    return world.plan().sabotage().cpu(world.primaryCpu());
  }

  PrimaryKernel fork(CrashPlan plan) {
    List<Driver> forked = new ArrayList<>(drivers.size());
    for (Driver driver : drivers) {
      forked.add(driver.fork(plan.workload()));
    }
    return new PrimaryKernel(frames.fork(), mapping.fork(), forked, armed, armPending);
  }

  void addTo(Fingerprint into) {
    frames.addTo(into);
    mapping.addTo(into);
    drivers.forEach(d -> d.addTo(into));
    into.add(armPending);
    into.add(armed.cost().entryCount());
  }
}
