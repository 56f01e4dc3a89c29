// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.swiotlb;

import java.util.OptionalInt;
import org.crashlane.bits.Reason;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.kernel.MapAttempt.Why;
import org.crashlane.model.kernel.MemoryCopy;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;

/**
 * The mapping driver of a kernel with bounce buffers ({@code swiotlb_map_single}): a device that
 * reaches the buffer is given its address; for one that does not, the CPU copies data to and from a
 * {@linkplain BouncePool pool} that it reaches.
 *
 * <p>Where the kernel of 2.6.27 falls back to its one overflow buffer of 32 KiB, or panics, the
 * mapping fails here.
 */
public final class SwiotlbMapping implements DmaMapping {
  private static final int PAGE_SLOTS = PageFrames.PAGE_BYTES / BouncePool.SLOT_BYTES;

  private final Era era;
  private final boolean force;
  private final AddressRange memory;
  private final BouncePool pool;

  private SwiotlbMapping(Era era, boolean force, BouncePool pool) {
    this.era = era;
    this.force = force;
    this.memory = pool.memory();
    this.pool = pool;
  }

  /**
   * {@return a mapping driver with its pool in {@code memory}}
   *
   * @param force true if every mapping is bounced
   * @param memory pages that nothing else uses: a multiple of 256 KiB
   */
  public static SwiotlbMapping with(Era era, boolean force, AddressRange memory) {
    return new SwiotlbMapping(era, force, BouncePool.in(memory));
  }

  /** {@return where the pool is} */
  public AddressRange poolMemory() {
    return memory;
  }

  @Override
  public MapAttempt map(
      Cpu cpu, DeviceSpec device, long buffer, long sizeBytes, Direction direction) {
    if (!force && reaches(device, buffer, sizeBytes)) {
      return new MapAttempt.Mapped(new DmaHandle(buffer, buffer, buffer, sizeBytes, direction));
    }
    int slots = BouncePool.slotsFor(sizeBytes);
    OptionalInt taken = pool.take(slots, stride(sizeBytes));
    if (taken.isEmpty()) {
      return new MapAttempt.Failed(full(device, sizeBytes));
    }
    long bounce = pool.addressOf(taken.getAsInt());
    if (!reaches(device, bounce, sizeBytes)) {
      pool.giveBack(taken.getAsInt(), slots);
      return new MapAttempt.Failed(beyondReach(device, bounce, sizeBytes));
    }
    if (copiesInOnMap(direction)) {
      MemoryCopy.copy(cpu.memory(), buffer, bounce, sizeBytes);
    }
    return new MapAttempt.Mapped(new DmaHandle(bounce, bounce, buffer, sizeBytes, direction));
  }

  /** {@inheritDoc} It is never bounced: the copy would not be seen at once. */
  @Override
  public MapAttempt mapCoherent(Cpu cpu, DeviceSpec device, long buffer, long sizeBytes) {
    return DirectMapping.reachesAll(device.coherently(), buffer, sizeBytes)
        ? new MapAttempt.Mapped(
            new DmaHandle(buffer, buffer, buffer, sizeBytes, Direction.BIDIRECTIONAL))
        : new MapAttempt.Failed(beyondReach(device.coherently(), buffer, sizeBytes));
  }

  /** {@inheritDoc} No mapping crosses from one segment of the pool to the next. */
  @Override
  public long largestMappingBytes(DeviceSpec device) {
    return force || device.dmaMaskBits() < Long.SIZE ? BouncePool.SEGMENT_BYTES : Long.MAX_VALUE;
  }

  @Override
  public void unmap(Cpu cpu, DeviceSpec device, DmaHandle handle) {
    if (isBounced(handle)) {
      copyOut(cpu, handle);
      pool.giveBack(pool.slotAt(handle.target()), BouncePool.slotsFor(handle.sizeBytes()));
    }
  }

  @Override
  public void syncForDevice(Cpu cpu, DeviceSpec device, DmaHandle handle) {
    if (isBounced(handle) && handle.direction().reads()) {
      MemoryCopy.copy(cpu.memory(), handle.buffer(), handle.target(), handle.sizeBytes());
    }
  }

  @Override
  public void syncForCpu(Cpu cpu, DeviceSpec device, DmaHandle handle) {
    if (isBounced(handle)) {
      copyOut(cpu, handle);
    }
  }

  /** {@return the pages' worth of slots that are taken, rounded up} */
  @Override
  public long takenPageCount() {
    return Math.ceilDiv(pool.takenCount(), PAGE_SLOTS);
  }

  @Override
  public DmaMapping fork() {
    return new SwiotlbMapping(era, force, pool.fork());
  }

  @Override
  public void addTo(Fingerprint into) {
    pool.addTo(into);
  }

  private boolean isBounced(DmaHandle handle) {
    return memory.contains(handle.target());
  }

  private static void copyOut(Cpu cpu, DmaHandle handle) {
    if (handle.direction().writes()) {
      MemoryCopy.copy(cpu.memory(), handle.target(), handle.buffer(), handle.sizeBytes());
    }
  }

  /**
   * Linux 2.6.27 looks at the first address alone ({@code address_needs_mapping}), and so gives a
   * device a buffer whose end it does not reach; today's kernels look at the last.
   */
  private boolean reaches(DeviceSpec device, long address, long sizeBytes) {
    return switch (era) {
      case LINUX_2_6_27 -> Long.compareUnsigned(address, device.dmaMask()) <= 0;
      case LINUX_6 -> DirectMapping.reachesAll(device, address, sizeBytes);
    };
  }

  /** Larger buffers begin at a page; one of exactly a page does so today only. */
  private int stride(long sizeBytes) {
    boolean atPage =
        switch (era) {
          case LINUX_2_6_27 -> sizeBytes > PageFrames.PAGE_BYTES;
          case LINUX_6 -> sizeBytes >= PageFrames.PAGE_BYTES;
        };
    return atPage ? PAGE_SLOTS : 1;
  }

  /**
   * Today's kernels copy in whatever the direction, so that what a device leaves unwritten comes
   * back as it was; with 2.6.27 it comes back as the pool's last user left it.
   */
  private boolean copiesInOnMap(Direction direction) {
    return switch (era) {
      case LINUX_2_6_27 -> direction.reads();
      case LINUX_6 -> true;
    };
  }

  private Reason full(DeviceSpec device, long sizeBytes) {
    Reason.Size size = new Reason.Size(sizeBytes);
    return switch (era) {
      case LINUX_2_6_27 ->
          Reason.of(Why.POOL_FULL_2_6_27, size, new Reason.Device(device.address().value()));
      case LINUX_6 ->
          Reason.of(
              Why.POOL_FULL,
              size,
              new Reason.Needed(
                  BouncePool.slotsFor(sizeBytes), pool.slotCount() - pool.takenCount()));
    };
  }

  private Reason beyondReach(DeviceSpec device, long bounce, long sizeBytes) {
    return switch (era) {
      case LINUX_2_6_27 -> Reason.of(Why.POOL_BEYOND_MASK_2_6_27);
      case LINUX_6 -> DirectMapping.beyondMask(Why.POOL_BEYOND_MASK, device, bounce, sizeBytes);
    };
  }
}
