// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.crashlane.bits.Reason;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.hardware.Descriptor;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.hardware.Operation;
import org.crashlane.model.hardware.Packet;
import org.crashlane.model.hardware.Page;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.spec.DeviceKind;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.rehearsal.Event;
import org.crashlane.rule.Sighting.Modelled;
import org.crashlane.rule.Subject.DriverOf;

/**
 * The primary kernel's driver of one device: keeps a ring of commands in memory, each with a buffer
 * that is mapped as long as the device may use it, and looks whether the bytes arrived.
 */
final class Driver {
  private static final long POISON = 0x6b6b6b6b6b6b6b6bL;
  private static final int PACKET_BYTES = 1514;
  private static final int PACKET_OFFSET = 0x40;
  private static final int ODD_BYTES = 3 * Page.BYTES + 100;
  private static final int ODD_OFFSET = 0x800;
  private static final int LARGE_BYTES = 16 * Page.BYTES;

  /** Buffers that are no power of two of pages: those beside them are not theirs. */
  private static final int THREE_PAGES = 3 * Page.BYTES;

  private static final int FIVE_PAGES = 5 * Page.BYTES;
  private static final int SEVEN_PAGES_BUT_A_BYTE = 7 * Page.BYTES - 1;

  /** The buffer that lies across the end of what the device reaches, where memory does. */
  private static final int ACROSS_THE_MASK = 4;

  /** What a ring leaves free below the end of what its device reaches, for others to lie there. */
  private static final int BELOW_THE_MASK_BYTES = 8 * Page.BYTES;

  /** How many kinds of buffers there are. */
  static final int VARIANT_COUNT = 7;

  private final int index;
  private final DeviceSpec spec;
  private final boolean varied;
  private final DmaHandle[] slots;
  private boolean started;
  private long ring;
  private int posted;
  private int reaped;
  private int postsLeft;

  Driver(int index, DeviceSpec spec, Workload workload) {
    this.index = index;
    this.spec = spec;
    this.varied = workload.varied();
    this.slots = new DmaHandle[workload.ringCount()];
    this.postsLeft = workload.postsPerDevice();
  }

  /** Maps the ring, and what else stays mapped, and starts the device. */
  void probe(World world) {
    PrimaryKernel kernel = world.primary();
    long last = varied ? spec.coherentMask() - BELOW_THE_MASK_BYTES : spec.coherentMask();
    OptionalLong page = kernel.frames().takeFromTop(Page.BYTES, Page.BYTES, last);
    OptionalLong statistics =
        spec.kind() == DeviceKind.RECEIVER
            ? kernel.frames().takeFromTop(Page.BYTES, Page.BYTES, last)
            : OptionalLong.empty();
    if (page.isEmpty()) {
      return;
    }
    ring = page.getAsLong();
    world.memory().writeLongs(ring, new long[Page.WORDS], Page.WORDS);
    Optional<DmaHandle> ringHandle = kernel.mapCoherent(world, index, ring);
    Optional<DmaHandle> statisticsHandle =
        statistics.isPresent()
            ? kernel.mapCoherent(world, index, statistics.getAsLong())
            : Optional.empty();
    if (ringHandle.isPresent()) {
      world
          .device(index)
          .start(
              ringHandle.get().busAddress(),
              slots.length,
              statisticsHandle.map(DmaHandle::busAddress),
              false);
      started = true;
    }
  }

  boolean canPost() {
    return started && postsLeft != 0 && ((posted + 1) & (slots.length - 1)) != reaped;
  }

  boolean canReap(World world) {
    return started && posted != reaped && status(world) != Descriptor.PENDING;
  }

  private long status(World world) {
    return world.memory().readLong(descriptor(reaped) + Descriptor.STATUS_OFFSET);
  }

  private long descriptor(int slot) {
    return ring + (long) slot * Descriptor.BYTES;
  }

  void post(World world, int variant) {
    PrimaryKernel kernel = world.primary();
    if (postsLeft > 0) {
      postsLeft--;
    }
    int offset = offset(variant);
    int size = size(variant);
    Optional<DmaHandle> handle = mapAnywhere(world, variant, offset, size);
    if (handle.isEmpty()) {
      return;
    }
    slots[posted] = handle.get();
    if (varied) {
      // Many a device fetches ahead.
      long behind = handle.get().bus().last() + 1;
      kernel.stray(world, index, AddressRange.ofSize(behind, Page.BYTES));
    }
    long[] words =
        Descriptor.pending(handle.get().busAddress(), size, operation(posted), block(posted));
    world.memory().writeLongs(descriptor(posted), words, words.length);
    posted = (posted + 1) & (slots.length - 1);
    kernel.ringDoorbell(world.device(index), posted);
  }

  /** High memory first; what the mapping driver refuses there, the driver takes lower. */
  private Optional<DmaHandle> mapAnywhere(World world, int variant, int offset, int size) {
    PrimaryKernel kernel = world.primary();
    boolean across = variant == ACROSS_THE_MASK && spec.dmaMaskBits() < Long.SIZE;
    long highest = across ? spec.dmaMask() + Page.BYTES : -1;
    for (long last : new long[] {highest, spec.dmaMask()}) {
      OptionalLong pages = kernel.frames().takeFromTop(offset + size, Page.BYTES, last);
      if (pages.isEmpty()) {
        continue;
      }
      long buffer = pages.getAsLong() + offset;
      Direction direction = direction(posted);
      poison(world, pages.getAsLong(), offset + size);
      MapAttempt attempt = kernel.map(world, index, buffer, size, direction);
      switch (attempt) {
        case MapAttempt.Mapped mapped -> {
          return Optional.of(mapped.handle());
        }
        case MapAttempt.Failed failed -> {
          world.trace(() -> new Event.NotMapped(spec.device(), failed.reason()));
          kernel.frames().giveBack(pages.getAsLong(), offset + size);
        }
      }
    }
    return Optional.empty();
  }

  private void poison(World world, long from, int size) {
    if (operation(posted) == Operation.WRITE_DISK) {
      return; // What is there is written out.
    }
    long[] poison = new long[Page.WORDS];
    Arrays.fill(poison, POISON);
    for (long at = 0; at < size; at += Page.BYTES) {
      world.memory().writeLongs(from + at, poison, Page.WORDS);
    }
  }

  void reap(World world) {
    DmaHandle handle = slots[reaped];
    boolean done = status(world) == Descriptor.DONE;
    if (done && handle.direction() == Direction.FROM_DEVICE && reaped % 2 == 1) {
      peek(world, handle);
    }
    world.primary().unmap(world, index, handle);
    if (varied) {
      world.primary().stray(world, index, handle.bus());
    }
    if (done) {
      verify(world, handle);
    }
    long first = handle.buffer() & -Page.BYTES;
    world.primary().frames().giveBack(first, handle.buffer() - first + handle.sizeBytes());
    slots[reaped] = null;
    reaped = (reaped + 1) & (slots.length - 1);
  }

  /**
   * Looks at what arrived while the device still has the buffer, as network drivers do; of every
   * second buffer, so that unmapping alone is looked at too.
   */
  private void peek(World world, DmaHandle handle) {
    world.primary().syncForCpu(world, index, handle);
    verify(world, handle);
    world.primary().syncForDevice(world, index, handle);
  }

  private void verify(World world, DmaHandle handle) {
    byte[] found = new byte[(int) handle.sizeBytes()];
    world.memory().read(handle.buffer(), found, 0, found.length);
    byte[] sent = new byte[found.length];
    switch (operation(reaped)) {
      case RECEIVE -> Packet.fill(spec, reaped, sent, 0, sent.length);
      case READ_DISK, WRITE_DISK -> world.disk(index).read(block(reaped), sent);
    }
    int at = Arrays.mismatch(found, sent);
    if (at >= 0) {
      world.violated(
          Kind.PRIMARY_DATA,
          (which, step) ->
              new Violation(
                  which,
                  step,
                  new DriverOf(spec.device()),
                  handle.busAddress(),
                  handle.buffer(),
                  found.length,
                  List.of(
                      new Modelled(Reason.of(Cause.BYTE_OF_BUFFER, new Reason.Count(at))),
                      new Modelled(Reason.of(Cause.FOUND, new Reason.Value(found[at] & 0xff))),
                      new Modelled(Reason.of(Cause.SENT, new Reason.Value(sent[at] & 0xff))))));
    }
  }

  private Operation operation(int slot) {
    return switch (spec.kind()) {
      case RECEIVER -> Operation.RECEIVE;
      case STORAGE -> slot % 2 == 0 ? Operation.WRITE_DISK : Operation.READ_DISK;
    };
  }

  private Direction direction(int slot) {
    return operation(slot) == Operation.WRITE_DISK ? Direction.TO_DEVICE : Direction.FROM_DEVICE;
  }

  private static long block(int slot) {
    return (long) slot * LARGE_BYTES / Page.BYTES;
  }

  private static int size(int variant) {
    return switch (variant) {
      case 0 -> Page.BYTES;
      case 1 -> PACKET_BYTES;
      case 2 -> ODD_BYTES;
      case 3 -> LARGE_BYTES;
      case ACROSS_THE_MASK -> THREE_PAGES;
      case 5 -> FIVE_PAGES;
      default -> SEVEN_PAGES_BUT_A_BYTE;
    };
  }

  private static int offset(int variant) {
    return switch (variant) {
      case 1 -> PACKET_OFFSET;
      case 2 -> ODD_OFFSET;
      default -> 0;
    };
  }

  Driver fork(Workload workload) {
    Driver copy = new Driver(index, spec, workload);
    System.arraycopy(slots, 0, copy.slots, 0, slots.length);
    copy.started = started;
    copy.ring = ring;
    copy.posted = posted;
    copy.reaped = reaped;
    copy.postsLeft = postsLeft;
    return copy;
  }

  void addTo(Fingerprint into) {
    into.add(started);
    into.add(ring);
    into.add(posted);
    into.add(reaped);
    into.add(postsLeft);
    for (int slot = reaped; slot != posted; slot = (slot + 1) & (slots.length - 1)) {
      into.add(slots[slot].busAddress());
      into.add(slots[slot].buffer());
      into.add(slots[slot].target());
    }
  }
}
