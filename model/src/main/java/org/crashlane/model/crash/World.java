// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.crashlane.iommu.Access;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.hardware.Disk;
import org.crashlane.model.hardware.DmaDevice;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.hardware.ModelMemory;
import org.crashlane.model.hardware.Page;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.modes.Modes;
import org.crashlane.model.spec.DeviceKind;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.rehearsal.Event;
import org.crashlane.rehearsal.IommuMemory;
import org.crashlane.rehearsal.IommuMemory.Part;

/**
 * A machine on its way into a crash and through it: hardware, the kernel that runs, and what is
 * held against them. It can be asked what may happen next, told what does, copied, and told apart
 * from others by 64 bits.
 */
public final class World {
  /** The first disk block of the dump; the primary's own blocks lie below. */
  public static final long DUMP_BLOCK = 1L << Integer.SIZE;

  private static final int ACTIONS_MAX = 64;

  private final CrashPlan plan;
  private final int dumpDevice;
  private final Trace trace;
  private final Bus bus;
  private final Cpu primaryCpu = new KernelCpu(this);
  private final CaptureCpu captureCpu = new CaptureCpu(this);

  private ModelMemory memory;
  private Remapper remapper;
  private DmaDevice[] devices;
  private Disk[] disks;
  private PrimaryKernel primary;
  private Ledger primaryLedger;
  private Ledger captureLedger;
  private Optional<CaptureKernel> capture = Optional.empty();
  private Optional<ModelMemory> atPanic = Optional.empty();
  private Optional<DumpMap> dumpMap = Optional.empty();
  private List<IommuMemory> ownAtPanic = List.of();
  private Violations violations = new Violations();
  private Seen seen = new Seen();
  private long step;
  private long registerAccessCount;

  private World(CrashPlan plan, Trace trace) {
    this.plan = plan;
    this.dumpDevice = dumpDevice(plan.machine());
    this.trace = trace;
    this.bus = new Bus(this);
  }

  /**
   * {@return a machine whose primary kernel is up, its drivers started}
   *
   * @param background what memory and disks hold at power-on
   * @param trace who is told what happens
   */
  public static World boot(CrashPlan plan, Background background, Trace trace) {
    MachineSpec machine = plan.machine();
    World world = new World(plan, trace);
    int count = machine.devices().size();
    world.memory = ModelMemory.at(machine.memory(), background);
    world.remapper = Modes.of(machine.mode()).hardware(machine);
    world.devices =
        machine.devices().stream()
            .map(device -> new DmaDevice(device, machine.firmwareMemoryOf(device)))
            .toArray(DmaDevice[]::new);
    world.disks = new Disk[count];
    Arrays.setAll(world.disks, _ -> Disk.of(background));
    world.primaryLedger = new Ledger(count);
    world.captureLedger = new Ledger(count);
    world.noteFirmwareMemory();
    world.primary = PrimaryKernel.boot(world);
    world.primary.start(world);
    return world;
  }

  /** What firmware has a device do is meant, whoever drives the device. */
  private void noteFirmwareMemory() {
    for (int i = 0; i < devices.length; i++) {
      for (AddressRange range : plan.machine().firmwareMemoryOf(devices[i].spec())) {
        long first = range.first();
        long target = first | plan.machine().encryption().addressMask();
        primaryLedger.add(
            i, new DmaHandle(first, target, first, range.sizeBytes(), Direction.BIDIRECTIONAL));
      }
    }
  }

  /** {@return the place of the device that the dump goes through: a disk's if there is one} */
  private static int dumpDevice(MachineSpec machine) {
    int found = -1;
    for (int i = machine.devices().size() - 1; i >= 0; i--) {
      DeviceSpec device = machine.devices().get(i);
      boolean better =
          found < 0
              || device.kind() == DeviceKind.STORAGE
              || machine.devices().get(found).kind() != DeviceKind.STORAGE;
      if (device.onDumpPath() && better) {
        found = i;
      }
    }
    return found;
  }

  /** {@return all that may happen next} */
  public int[] enabled() {
    int[] actions = new int[ACTIONS_MAX + devices.length * (Driver.VARIANT_COUNT + 3)];
    int count = devicesNext(actions, 0);
    if (isCrashed()) {
      if (capture.orElseThrow().isOver()) {
        return new int[0];
      }
      if (capture.orElseThrow().canStep(this)) {
        actions[count++] = Action.of(Action.Kind.CAPTURE);
      }
    } else {
      count = primaryNext(actions, count);
    }
    return Arrays.copyOf(actions, count);
  }

  private int devicesNext(int[] actions, int from) {
    int count = from;
    for (int i = 0; i < devices.length; i++) {
      if (devices[i].canStep()) {
        actions[count++] = Action.of(Action.Kind.STEP, i, 0);
      }
      if (devices[i].canReport()) {
        actions[count++] = Action.of(Action.Kind.REPORT, i, 0);
      }
      if (devices[i].canServeFirmware()) {
        actions[count++] = Action.of(Action.Kind.FIRMWARE, i, 0);
      }
    }
    return count;
  }

  private int primaryNext(int[] actions, int from) {
    int count = from;
    int variants = plan.workload().varied() ? Driver.VARIANT_COUNT : 1;
    for (int i = 0; i < devices.length; i++) {
      Driver driver = primary.driver(i);
      for (int variant = 0; variant < variants && driver.canPost(); variant++) {
        actions[count++] = Action.of(Action.Kind.POST, i, variant);
      }
      if (driver.canReap(this)) {
        actions[count++] = Action.of(Action.Kind.REAP, i, 0);
      }
    }
    if (primary.isArmPending()) {
      actions[count++] = Action.of(Action.Kind.ARM);
    }
    if (primary.hasWatchdog()) {
      actions[count++] = Action.of(Action.Kind.WATCHDOG);
    }
    actions[count++] = Action.of(Action.Kind.PANIC);
    return count;
  }

  /**
   * Lets {@code action} happen.
   *
   * @param action one of {@link #enabled}
   */
  public void apply(int action) {
    step++;
    int device = Action.device(action);
    switch (Action.kind(action)) {
      case POST -> primary.driver(device).post(this, Action.variant(action));
      case REAP -> primary.driver(device).reap(this);
      case STEP -> devices[device].step(bus, disks[device]);
      case REPORT -> devices[device].report(bus);
      case FIRMWARE -> devices[device].serveFirmware(bus);
      case WATCHDOG -> primary.watchdog(this);
      case ARM -> primary.arm(this);
      case PANIC -> panic();
      case CAPTURE -> captureStep();
    }
  }

  private void panic() {
    trace(() -> Event.Plain.PANIC);
    remapper.takeFaults();
    AskedFor.check(this);
    atPanic = Optional.of(memory.fork());
    dumpMap = Optional.of(DumpMap.at(plan, memory, remapper.inTheWayOfCpus()));
    ownAtPanic = remapper.ownMemory();
    capture = Optional.of(new CaptureKernel(plan));
  }

  private void captureStep() {
    capture.orElseThrow().step(this);
    if (capture.orElseThrow().stage() == CaptureKernel.Stage.DONE) {
      DumpCheck.check(this);
    }
  }

  void resetAllDevices() {
    for (DmaDevice device : devices) {
      device.reset();
    }
    trace(() -> Event.Plain.ALL_DEVICES_RESET);
  }

  /** Notes that an invariant was broken; {@code account} is asked for the first of a kind only. */
  void violated(Kind kind, Violation.Account account) {
    if (violations.count(kind) == 0) {
      trace(() -> new Event.Broken(account.of(kind, step).of(1)));
    }
    violations.add(kind, step, account);
  }

  /** {@return false if nobody listens, so that hot places need not even offer an event} */
  boolean isTraced() {
    return trace.isListening();
  }

  void trace(Supplier<Event> what) {
    trace.event(step, what);
  }

  /** {@return what the drivers of whoever asked for it meant by a request} */
  Optional<DmaHandle> meant(DmaDevice device, long bus, int length, Access access) {
    Ledger ledger = device.worksForCapture() ? captureLedger : primaryLedger;
    return ledger.find(index(device), bus, length, access);
  }

  /** Has a device read where nothing is its own: what is there, or is not, the unit remembers. */
  void stray(int device, AddressRange pages) {
    for (long at = pages.first(); at - 1 != pages.last(); at += Page.BYTES) {
      bus.stray(devices[device], at);
    }
  }

  private int index(DmaDevice device) {
    for (int i = 0; i < devices.length; i++) {
      if (devices[i] == device) {
        return i;
      }
    }
    throw new IllegalArgumentException("not of this machine: " + device.spec());
  }

  /** {@return a machine in the same state, that goes its own way, told to nobody} */
  public World fork() {
    return fork(Trace.NONE);
  }

  /** {@return the same, told to {@code listener}} */
  public World fork(Trace listener) {
    return fork(plan, listener);
  }

  /**
   * {@return the same, told to nobody, that crashes as {@code other} says}
   *
   * @param other a plan that has the same done as this world's until the panic
   */
  World fork(CrashPlan other) {
    return fork(other, Trace.NONE);
  }

  private World fork(CrashPlan other, Trace listener) {
    World copy = new World(other, listener);
    copy.memory = memory.fork();
    copy.remapper = remapper.fork();
    copy.devices = new DmaDevice[devices.length];
    copy.disks = new Disk[disks.length];
    for (int i = 0; i < devices.length; i++) {
      copy.devices[i] = devices[i].fork();
      copy.disks[i] = disks[i].fork();
    }
    copy.primary = primary.fork(other);
    copy.primaryLedger = primaryLedger.fork();
    copy.captureLedger = captureLedger.fork();
    copy.capture = capture.map(CaptureKernel::fork);
    copy.atPanic = atPanic;
    copy.dumpMap = dumpMap;
    copy.ownAtPanic = ownAtPanic;
    copy.violations = violations.fork();
    copy.seen = seen.fork();
    copy.step = step;
    return copy;
  }

  /** {@return 64 bits that stand for all that decides what can happen from here on} */
  public long fingerprint() {
    Fingerprint into = new Fingerprint();
    memory.addTo(into);
    remapper.addTo(into);
    for (DmaDevice device : devices) {
      device.addTo(into);
    }
    for (Disk disk : disks) {
      disk.addTo(into);
    }
    if (capture.isEmpty()) {
      primary.addTo(into);
    }
    primaryLedger.addTo(into);
    captureLedger.addTo(into);
    capture.ifPresent(c -> c.addTo(into));
    atPanic.ifPresent(m -> m.addTo(into));
    return into.value();
  }

  /** {@return true once the primary has panicked} */
  public boolean isCrashed() {
    return capture.isPresent();
  }

  /** {@return true once the capture kernel is through, with a dump or without} */
  public boolean isOver() {
    return capture.isPresent() && capture.get().isOver();
  }

  /** {@return true if there is a dump and it is the memory of the panic} */
  public boolean isDumpRight() {
    return capture.isPresent()
        && capture.get().stage() == CaptureKernel.Stage.DONE
        && seen.dumpDifferingByteCount() == 0;
  }

  /** {@return what was violated so far} */
  public Violations violations() {
    return violations;
  }

  /** {@return how many steps were taken} */
  public long step() {
    return step;
  }

  /** {@return what is rehearsed} */
  public CrashPlan plan() {
    return plan;
  }

  /** {@return the machine's memory as it is} */
  public ModelMemory memory() {
    return memory;
  }

  /** {@return the machine's IOMMUs as they are} */
  public Remapper remapper() {
    return remapper;
  }

  DmaDevice device(int index) {
    return devices[index];
  }

  Disk disk(int index) {
    return disks[index];
  }

  /** {@return the place of the device that takes the dump, or -1} */
  int dumpDevice() {
    return dumpDevice;
  }

  DumpMap dumpMap() {
    return dumpMap.orElseThrow();
  }

  PrimaryKernel primary() {
    return primary;
  }

  Ledger primaryLedger() {
    return primaryLedger;
  }

  Ledger captureLedger() {
    return captureLedger;
  }

  /** {@return stores to memory and accesses to registers so far, by whatever CPU} */
  long cpuAccessCount() {
    return memory.storeCount() + registerAccessCount;
  }

  void registerAccessed() {
    registerAccessCount++;
  }

  Cpu primaryCpu() {
    return primaryCpu;
  }

  CaptureCpu captureCpu() {
    return captureCpu;
  }

  Seen seen() {
    return seen;
  }

  ModelMemory memoryAtPanic() {
    return atPanic.orElseThrow();
  }

  /** {@return memory that hardware may have written since the panic, not by DMA} */
  List<AddressRange> logsAtPanic() {
    return ownAtPanic.stream()
        .filter(own -> own.part() == Part.EVENT_LOG)
        .map(IommuMemory::range)
        .toList();
  }

  /** {@return what an IOMMU had at {@code address} at the panic} */
  Optional<Part> partAt(long address) {
    for (IommuMemory own : ownAtPanic) {
      if (own.range().contains(address)) {
        return Optional.of(own.part());
      }
    }
    return Optional.empty();
  }

  Optional<CaptureKernel> capture() {
    return capture;
  }
}
