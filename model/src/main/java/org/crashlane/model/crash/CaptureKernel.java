// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.Optional;
import java.util.OptionalLong;
import org.crashlane.bits.Hex;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.hardware.CpuAccess;
import org.crashlane.model.hardware.Descriptor;
import org.crashlane.model.hardware.DmaDevice;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.hardware.Operation;
import org.crashlane.model.hardware.Page;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.kernel.NoFrameException;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.Mode;
import org.crashlane.model.mode.Modes;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;

/**
 * The kernel that writes the dump: it lives in the crash range, deals with the IOMMU as the
 * strategy says, starts the driver of the dump disk, and writes all of the primary's memory to it,
 * chunk by chunk.
 */
final class CaptureKernel {
  private static final int RING_COUNT = 8;

  /** How far it is. */
  enum Stage {
    BOOT,
    DRIVER,
    COPY,
    WAIT,
    DONE,
    FAILED
  }

  private Stage stage = Stage.BOOT;
  private final PageFrames frames;
  private Optional<DmaMapping> mapping = Optional.empty();
  private long ring;
  private long buffer;
  private int posted;
  private int chunkPages;
  private long nextPage;
  private Optional<DmaHandle> chunk = Optional.empty();
  private String failure = "";

  CaptureKernel(CrashPlan plan) {
    this(PageFrames.of(plan.captureMemory()));
  }

  private CaptureKernel(PageFrames frames) {
    this.frames = frames;
  }

  /** Tables of its own come from what its I/O buffers leave. */
  private static PageFrames forTables(CrashPlan plan) {
    return PageFrames.of(Ranges.without(plan.machine().crashRanges(), plan.captureMemory()));
  }

  Stage stage() {
    return stage;
  }

  /** {@return why there is no dump; empty as long as nothing went wrong} */
  String failure() {
    return failure;
  }

  boolean isOver() {
    return stage == Stage.DONE || stage == Stage.FAILED;
  }

  /** It waits for its disk, unless the disk will never answer. */
  boolean canStep(World world) {
    return !isOver()
        && (stage != Stage.WAIT
            || status(world) != Descriptor.PENDING
            || !world.device(disk(world)).canStep());
  }

  void step(World world) {
    switch (stage) {
      case BOOT -> boot(world);
      case DRIVER -> startDriver(world);
      case COPY -> copyAndWrite(world);
      case WAIT -> takeAnswer(world);
      case DONE, FAILED -> throw new IllegalStateException("the capture kernel is through");
    }
  }

  private void boot(World world) {
    try {
      mapping = Optional.of(mappingDriver(world));
    } catch (NoFrameException e) {
      fail(world, "the capture kernel has too little memory: " + e.getMessage());
      return;
    }
    stage = Stage.DRIVER;
    world.trace(() -> "capture kernel is up: " + world.plan().strategy().meaning());
  }

  /** Deals with the IOMMU, or does not. */
  private static DmaMapping mappingDriver(World world) {
    MachineSpec machine = world.plan().machine();
    Mode mode = Modes.of(machine.mode());
    Cpu cpu = world.captureCpu();
    return switch (world.plan().strategy()) {
      case NONE, RESERVE, IDENTITY -> new DirectMapping(machine.era());
      case RESET -> {
        world.resetAllDevices();
        yield mode.afresh(cpu, machine, forTables(world.plan()));
      }
      case ADOPT -> mode.adopt(cpu, machine, forTables(world.plan()));
      case OFF -> mode.off(cpu, machine, forTables(world.plan()));
      case ABORT -> mode.abort(cpu, machine, forTables(world.plan()));
    };
  }

  private void startDriver(World world) {
    if (disk(world) < 0) {
      fail(world, "no disk is on the dump path");
      return;
    }
    DeviceSpec spec = world.plan().machine().devices().get(disk(world));
    DmaDevice device = world.device(disk(world));
    if (spec.resetByDriver()) {
      device.reset();
    }
    OptionalLong ringPage = frames.takePage();
    OptionalLong bufferPages =
        frames.take(world.plan().workload().dumpChunkBytes(), Page.BYTES, -1);
    if (ringPage.isEmpty() || bufferPages.isEmpty()) {
      fail(world, "the capture kernel has too little memory for its buffers");
      return;
    }
    ring = ringPage.getAsLong();
    buffer = bufferPages.getAsLong();
    world.captureCpu().memory().writeLongs(ring, new long[Page.WORDS], Page.WORDS);
    Optional<DmaHandle> handle = map(world, spec, ring, Page.BYTES, Direction.BIDIRECTIONAL);
    if (handle.isPresent()) {
      device.start(handle.get().busAddress(), RING_COUNT, Optional.empty(), true);
      stage = Stage.COPY;
      world.trace(() -> "capture kernel starts " + spec.name());
    }
  }

  private Optional<DmaHandle> map(
      World world, DeviceSpec spec, long at, int size, Direction direction) {
    DmaMapping driver = mapping.orElseThrow();
    MapAttempt attempt =
        direction == Direction.BIDIRECTIONAL
            ? driver.mapCoherent(world.captureCpu(), spec, at, size)
            : driver.map(world.captureCpu(), spec, at, size, direction);
    return switch (attempt) {
      case MapAttempt.Mapped mapped -> {
        world.captureLedger().add(disk(world), mapped.handle());
        yield Optional.of(mapped.handle());
      }
      case MapAttempt.Failed failed -> {
        world.violated(
            Kind.CAPTURE_UNMAPPABLE,
            () ->
                new Violation(
                    Kind.CAPTURE_UNMAPPABLE,
                    world.step(),
                    "" + spec,
                    at,
                    at,
                    size,
                    failed.reason()));
        fail(world, "cannot map for " + spec.name() + ": " + failed.reason());
        yield Optional.empty();
      }
    };
  }

  private void copyAndWrite(World world) {
    long from = world.dumpMap().address(nextPage);
    chunkPages = world.dumpMap().run(nextPage, chunkPageLimit(world));
    boolean plain = isPlain(world, AddressRange.ofSize(from, (long) chunkPages * Page.BYTES));
    for (int i = 0; i < chunkPages; i++) {
      long source = from + (long) i * Page.BYTES;
      long into = buffer + (long) i * Page.BYTES;
      if (plain) {
        world.captureCpu().put(into, world.memory().share(source));
        continue;
      }
      Optional<String> check = copyByRemapper(world, source, into);
      if (check.isPresent()) {
        fail(world, check.get());
        return;
      }
    }
    DeviceSpec spec = world.plan().machine().devices().get(disk(world));
    chunk = map(world, spec, buffer, chunkPages * Page.BYTES, Direction.TO_DEVICE);
    if (chunk.isEmpty()) {
      return;
    }
    long[] words =
        Descriptor.pending(
            chunk.get().busAddress(),
            chunkPages * Page.BYTES,
            Operation.WRITE_DISK,
            World.DUMP_BLOCK + nextPage);
    world.captureCpu().memory().writeLongs(descriptor(), words, words.length);
    world.device(disk(world)).ringDoorbell((posted + 1) & (RING_COUNT - 1));
    stage = Stage.WAIT;
    world.trace(() -> "capture kernel writes %s, %d pages".formatted(Hex.of(from), chunkPages));
  }

  private static int chunkPageLimit(World world) {
    return world.plan().workload().dumpChunkBytes() / Page.BYTES;
  }

  /** {@return true if the CPU's accesses to {@code range} reach memory as they are} */
  private static boolean isPlain(World world, AddressRange range) {
    for (AddressRange inTheWay : world.remapper().inTheWayOfCpus()) {
      if (inTheWay.overlaps(range)) {
        return false;
      }
    }
    return true;
  }

  /** {@return why the CPU took a machine check, if it did} */
  private static Optional<String> copyByRemapper(World world, long source, long into) {
    return switch (world.remapper().accessByCpu(world.memory(), source)) {
      case CpuAccess.MachineCheck check -> {
        throughAperture(world, source, source, check.reason());
        yield Optional.of(check.reason());
      }
      case CpuAccess.Reached reached -> {
        long found = reached.physicalAddress();
        if (found != source) {
          throughAperture(world, source, found, "the table leads the CPU elsewhere");
        }
        world.captureCpu().put(into, world.memory().share(found));
        yield Optional.empty();
      }
    };
  }

  private static void throughAperture(World world, long source, long found, String why) {
    world.violated(
        Kind.READ_THROUGH_APERTURE,
        () ->
            new Violation(
                Kind.READ_THROUGH_APERTURE,
                world.step(),
                "capture kernel",
                source,
                found,
                Page.BYTES,
                why + "; leave " + world.remapper().inTheWayOfCpus() + " out of the dump"));
  }

  private long descriptor() {
    return ring + (long) posted * Descriptor.BYTES;
  }

  private long status(World world) {
    return world.captureCpu().memory().readLong(descriptor() + Descriptor.STATUS_OFFSET);
  }

  private void takeAnswer(World world) {
    long status = status(world);
    if (status == Descriptor.PENDING) {
      fail(world, "the disk did not answer");
      return;
    }
    DeviceSpec spec = world.plan().machine().devices().get(disk(world));
    DmaHandle handle = chunk.orElseThrow();
    mapping.orElseThrow().unmap(world.captureCpu(), spec, handle);
    world.captureLedger().remove(disk(world), handle);
    chunk = Optional.empty();
    if (status != Descriptor.DONE) {
      fail(world, "the disk reported an error");
      return;
    }
    posted = (posted + 1) & (RING_COUNT - 1);
    nextPage += chunkPages;
    stage = nextPage == world.dumpMap().pageCount() ? Stage.DONE : Stage.COPY;
  }

  private void fail(World world, String why) {
    failure = why;
    stage = Stage.FAILED;
    world.trace(() -> "capture kernel gives up: " + why);
  }

  /** {@return the place of the disk that takes the dump, or -1} */
  private static int disk(World world) {
    return world.dumpDisk();
  }

  CaptureKernel fork() {
    CaptureKernel copy = new CaptureKernel(frames.fork());
    copy.stage = stage;
    copy.mapping = mapping.map(DmaMapping::fork);
    copy.ring = ring;
    copy.buffer = buffer;
    copy.posted = posted;
    copy.chunkPages = chunkPages;
    copy.nextPage = nextPage;
    copy.chunk = chunk;
    copy.failure = failure;
    return copy;
  }

  void addTo(Fingerprint into) {
    into.add(stage.name().hashCode());
    frames.addTo(into);
    mapping.ifPresent(m -> m.addTo(into));
    into.add(ring);
    into.add(buffer);
    into.add(posted);
    into.add(chunkPages);
    into.add(nextPage);
    into.add(chunk.map(DmaHandle::busAddress).orElse(-1L));
  }

  /** {@return where it lives} */
  static boolean owns(CrashPlan plan, AddressRange range) {
    for (AddressRange crashRange : plan.machine().crashRanges()) {
      if (crashRange.contains(range)) {
        return true;
      }
    }
    return false;
  }
}
