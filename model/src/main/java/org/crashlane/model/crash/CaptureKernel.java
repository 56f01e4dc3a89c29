// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.crashlane.bits.Reason;
import org.crashlane.machine.MemoryEncryption;
import org.crashlane.machine.MemoryEncryption.CaptureDma;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.hardware.CpuAccess;
import org.crashlane.model.hardware.Descriptor;
import org.crashlane.model.hardware.DmaDevice;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.hardware.Operation;
import org.crashlane.model.hardware.Page;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.kernel.NoFrameException;
import org.crashlane.model.spec.DeviceKind;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.rehearsal.Event;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Sighting.Modelled;
import org.crashlane.rule.Subject.OfDevice;
import org.crashlane.rule.Subject.Part;
import org.crashlane.rule.Subject.Party;

/**
 * The kernel that writes the dump: it lives in the crash range, deals with the IOMMU as the
 * strategy says, starts the driver of the device that takes the dump, and writes all of the
 * primary's memory to it, chunk by chunk.
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

  private final CaptureMemory free;

  private Optional<DmaMapping> mapping = Optional.empty();
  private long ring;
  private long buffer;
  private int posted;
  private int bufferPages;
  private int chunkPages;
  private long nextPage;
  private Optional<DmaHandle> chunk = Optional.empty();
  private List<Evidence> failure = List.of();
  private boolean outOfMemory;

  CaptureKernel(CrashPlan plan) {
    this(new CaptureMemory(plan));
  }

  private CaptureKernel(CaptureMemory free) {
    this.free = free;
  }

  Stage stage() {
    return stage;
  }

  /** {@return why there is no dump; empty as long as nothing went wrong} */
  List<Evidence> failure() {
    return failure;
  }

  /** {@return true if there is no dump because the crash range is too small} */
  boolean isOutOfMemory() {
    return outOfMemory;
  }

  boolean isOver() {
    return stage == Stage.DONE || stage == Stage.FAILED;
  }

  /** It waits for its disk, unless the disk will never answer. */
  boolean canStep(World world) {
    return !isOver()
        && (stage != Stage.WAIT
            || status(world) != Descriptor.PENDING
            || !world.device(target(world)).canStep());
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
    Optional<Reason> apics = CaptureBoot.diesOfApics(world.plan());
    if (apics.isPresent()) {
      fail(world, apics.get());
      return;
    }
    try {
      mapping = Optional.of(CaptureBoot.mappingDriver(world));
    } catch (NoFrameException e) {
      lacksMemory(world, e);
      return;
    }
    stage = Stage.DRIVER;
    world.trace(() -> new Event.CaptureUp(world.plan().strategy()));
  }

  private void lacksMemory(World world, NoFrameException lack) {
    if (lack.room().isLow()) {
      AddressRange lowest =
          world.plan().machine().crashRanges().stream().sorted().findFirst().orElseThrow();
      violated(world, Kind.CAPTURE_LOW_MEMORY, Part.CAPTURE_KERNEL, lowest, lack.reason());
    }
    outOfMemory = true;
    fail(world, Reason.of(Cause.TOO_LITTLE_MEMORY, new Reason.Because(lack.reason())));
  }

  private void startDriver(World world) {
    if (target(world) < 0) {
      fail(world, Reason.of(Cause.NO_DUMP_DEVICE));
      return;
    }
    DeviceSpec spec = world.plan().machine().devices().get(target(world));
    DmaDevice device = world.device(target(world));
    if (spec.resetByDriver()) {
      device.reset();
    }
    OptionalLong ringPage = free.takeShared(spec);
    OptionalLong statisticsPage =
        spec.kind() == DeviceKind.RECEIVER ? free.takeShared(spec) : OptionalLong.empty();
    Optional<AddressRange> chunks =
        free.takeBuffer(
            spec,
            Math.min(
                world.plan().workload().dumpChunkBytes(),
                mapping.orElseThrow().largestMappingBytes(spec)));
    if (ringPage.isEmpty()
        || chunks.isEmpty()
        || (spec.kind() == DeviceKind.RECEIVER && statisticsPage.isEmpty())) {
      outOfMemory = true;
      fail(world, Reason.of(Cause.NO_BUFFERS));
      return;
    }
    ring = ringPage.getAsLong();
    buffer = chunks.get().first();
    bufferPages = (int) (chunks.get().sizeBytes() / Page.BYTES);
    Optional<DmaHandle> rings = mapShared(world, spec, ring);
    Optional<Long> statistics =
        statisticsPage.isPresent()
            ? mapShared(world, spec, statisticsPage.getAsLong()).map(DmaHandle::busAddress)
            : Optional.empty();
    if (stage != Stage.FAILED) {
      device.start(rings.orElseThrow().busAddress(), RING_COUNT, statistics, true);
      stage = world.dumpMap().pageCount() == 0 ? Stage.DONE : Stage.COPY;
      world.trace(() -> new Event.CaptureStarts(spec.device()));
    }
  }

  /** Maps a page for as long as the device runs, and empties it. */
  private Optional<DmaHandle> mapShared(World world, DeviceSpec spec, long page) {
    world.captureCpu().memory().writeLongs(page, new long[Page.WORDS], Page.WORDS);
    boolean ringAlone =
        !DirectMapping.reachesAll(spec.coherently(), page, Page.BYTES)
            && DirectMapping.reachesAll(spec, page, Page.BYTES);
    return entered(
        world,
        spec,
        AddressRange.ofSize(page, Page.BYTES),
        ringAlone ? Kind.CAPTURE_LOW_MEMORY : Kind.CAPTURE_UNMAPPABLE,
        mapping.orElseThrow().mapCoherent(world.captureCpu(), spec, page, Page.BYTES));
  }

  private Optional<DmaHandle> mapChunk(World world, DeviceSpec spec, int sizeBytes) {
    return entered(
        world,
        spec,
        AddressRange.ofSize(buffer, sizeBytes),
        Kind.CAPTURE_UNMAPPABLE,
        mapping
            .orElseThrow()
            .map(world.captureCpu(), spec, buffer, sizeBytes, Direction.TO_DEVICE));
  }

  private Optional<DmaHandle> entered(
      World world, DeviceSpec spec, AddressRange memory, Kind kind, MapAttempt attempt) {
    return switch (attempt) {
      case MapAttempt.Mapped mapped -> {
        world.captureLedger().add(target(world), mapped.handle());
        yield Optional.of(mapped.handle());
      }
      case MapAttempt.Failed failed -> {
        violated(world, kind, new OfDevice(spec.device()), memory, failed.reason());
        fail(
            world,
            Reason.of(
                Cause.CANNOT_MAP,
                new Reason.Name(spec.name()),
                new Reason.Because(failed.reason())));
        yield Optional.empty();
      }
    };
  }

  private static void violated(
      World world, Kind kind, Party party, AddressRange memory, Reason why) {
    long first = memory.first();
    world.violated(
        kind,
        (which, step) ->
            new Violation(
                which, step, party, first, first, memory.sizeBytes(), List.of(new Modelled(why))));
  }

  private void copyAndWrite(World world) {
    long from = world.dumpMap().address(nextPage);
    chunkPages = world.dumpMap().run(nextPage, bufferPages);
    Optional<Reason> check = copy(world, from);
    if (check.isPresent()) {
      fail(world, check.get());
      return;
    }
    DeviceSpec spec = world.plan().machine().devices().get(target(world));
    chunk = mapChunk(world, spec, chunkPages * Page.BYTES);
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
    world.device(target(world)).ringDoorbell((posted + 1) & (RING_COUNT - 1));
    stage = Stage.WAIT;
    world.trace(() -> new Event.CaptureWrites(from, chunkPages));
  }

  /** Copies a chunk into the buffer, and {@return why the CPU took a machine check, if it did} */
  private Optional<Reason> copy(World world, long from) {
    if (isPlain(world, AddressRange.ofSize(from, (long) chunkPages * Page.BYTES))) {
      Page[] pages = world.memory().share(from, chunkPages);
      if (seesCiphertext(world)) {
        Arrays.setAll(pages, i -> pages[i].ciphertext());
      }
      world.captureCpu().put(buffer, pages);
      return Optional.empty();
    }
    for (int i = 0; i < chunkPages; i++) {
      long offset = (long) i * Page.BYTES;
      Optional<Reason> check = copyByRemapper(world, from + offset, buffer + offset);
      if (check.isPresent()) {
        return check;
      }
    }
    return Optional.empty();
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

  /** A kernel that does not encrypt reads what the primary's processors encrypted. */
  private static boolean seesCiphertext(World world) {
    return world.plan().machine().encryption() instanceof MemoryEncryption.Host host
        && host.capture() == CaptureDma.PLAIN;
  }

  /** {@return why the CPU took a machine check, if it did} */
  private static Optional<Reason> copyByRemapper(World world, long source, long into) {
    return switch (world.remapper().accessByCpu(world.memory(), source)) {
      case CpuAccess.MachineCheck check -> {
        throughAperture(world, source, source, check.reason());
        yield Optional.of(check.reason());
      }
      case CpuAccess.Reached reached -> {
        long found = reached.physicalAddress();
        if (found != source) {
          throughAperture(world, source, found, Reason.of(Cause.LED_ELSEWHERE));
        }
        world.captureCpu().put(into, world.memory().share(found));
        yield Optional.empty();
      }
    };
  }

  private static void throughAperture(World world, long source, long found, Reason why) {
    List<Evidence> evidence = new ArrayList<>();
    evidence.add(new Modelled(why));
    for (AddressRange range : world.remapper().inTheWayOfCpus()) {
      Reason.Detail where = new Reason.Addresses(range.first(), range.last());
      evidence.add(new Modelled(Reason.of(Cause.LEAVE_OUT, where)));
    }
    world.violated(
        Kind.READ_THROUGH_APERTURE,
        (which, step) ->
            new Violation(which, step, Part.CAPTURE_KERNEL, source, found, Page.BYTES, evidence));
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
      fail(world, Reason.of(isDisk(world) ? Cause.DISK_SILENT : Cause.CARD_SILENT));
      return;
    }
    DeviceSpec spec = world.plan().machine().devices().get(target(world));
    DmaHandle handle = chunk.orElseThrow();
    mapping.orElseThrow().unmap(world.captureCpu(), spec, handle);
    world.captureLedger().remove(target(world), handle);
    chunk = Optional.empty();
    if (status != Descriptor.DONE) {
      fail(world, Reason.of(isDisk(world) ? Cause.DISK_ERROR : Cause.CARD_ERROR));
      return;
    }
    posted = (posted + 1) & (RING_COUNT - 1);
    nextPage += chunkPages;
    stage = nextPage == world.dumpMap().pageCount() ? Stage.DONE : Stage.COPY;
  }

  private static boolean isDisk(World world) {
    return world.plan().machine().devices().get(target(world)).kind() == DeviceKind.STORAGE;
  }

  private void fail(World world, Reason why) {
    failure = List.of(new Modelled(why));
    stage = Stage.FAILED;
    world.trace(() -> new Event.CaptureFails(why));
  }

  /** {@return the place of the device that takes the dump, or -1} */
  private static int target(World world) {
    return world.dumpDevice();
  }

  CaptureKernel fork() {
    CaptureKernel copy = new CaptureKernel(free.fork());
    copy.stage = stage;
    copy.mapping = mapping.map(DmaMapping::fork);
    copy.ring = ring;
    copy.buffer = buffer;
    copy.posted = posted;
    copy.bufferPages = bufferPages;
    copy.chunkPages = chunkPages;
    copy.nextPage = nextPage;
    copy.chunk = chunk;
    copy.failure = failure;
    copy.outOfMemory = outOfMemory;
    return copy;
  }

  void addTo(Fingerprint into) {
    into.add(stage.name().hashCode());
    free.addTo(into);
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
