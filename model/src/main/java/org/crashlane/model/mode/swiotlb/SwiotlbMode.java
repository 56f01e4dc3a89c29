// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.swiotlb;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.crashlane.bits.BitField;
import org.crashlane.machine.LowMemoryNeeds;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.NoRemapper;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.NoFrameException;
import org.crashlane.model.kernel.NoFrameException.Room;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.Mode;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec.Swiotlb;
import org.crashlane.rehearsal.Strategy;

/**
 * Bounce buffers. No hardware is involved: there is nothing to set up, to adopt, to switch off or
 * to block by, and leftover DMA goes on into the primary's pool.
 *
 * <p>Where everything is bounced, as memory encryption forces guests to (SEV, TDX), the capture
 * kernel bounces everything too, and has to find room for as large a pool.
 *
 * <p>Otherwise the capture kernel has bounce buffers of its own if a device of the dump path does
 * not reach all of the crash range: a pool in a part that it reaches, so that a low range of a few
 * segments serves one above 4 GiB.
 */
public final class SwiotlbMode implements Mode {
  private static final long LAST_BELOW_4_GIB = BitField.lowMask(Integer.SIZE);

  @Override
  public LowMemoryNeeds captureNeeds(MachineSpec machine, Strategy strategy) {
    return machine.modeSpec() instanceof Swiotlb spec && spec.force()
        ? new LowMemoryNeeds(spec.poolBytes(), 0)
        : LowMemoryNeeds.NONE;
  }

  @Override
  public Remapper hardware(MachineSpec machine) {
    return new NoRemapper();
  }

  @Override
  public DmaMapping boot(Cpu cpu, MachineSpec machine, PageFrames frames) {
    Swiotlb spec = machine.spec(Swiotlb.class);
    long last = reachedByAll(machine.devices());
    AddressRange pool =
        place(machine.era(), frames, spec.poolBytes(), last)
            .or(() -> place(machine.era(), frames, spec.poolBytes(), LAST_BELOW_4_GIB))
            .orElseThrow(() -> new NoFrameException(Room.LOW_POOL, spec.poolBytes()));
    return SwiotlbMapping.with(machine.era(), spec.force(), pool);
  }

  @Override
  public DmaMapping capture(Strategy strategy, Cpu cpu, MachineSpec machine, PageFrames frames) {
    return capture(machine, frames);
  }

  /**
   * {@return the capture kernel's mapping driver} Its pool takes half of what the dump path
   * reaches, 64 MiB at most, and is halved until it fits, as Linux does since 5.19; where not even
   * a segment does, the kernel does without.
   *
   * @param frames memory in the crash range
   */
  public static DmaMapping capture(MachineSpec machine, PageFrames frames) {
    long last = reachedByAll(machine.dumpPath());
    if (machine.modeSpec() instanceof Swiotlb spec && spec.force()) {
      return SwiotlbMapping.with(
          machine.era(),
          true,
          place(machine.era(), frames, spec.poolBytes(), last)
              .orElseThrow(() -> new NoFrameException(Room.BOUNCE_POOL, spec.poolBytes())));
    }
    AddressRange reach = new AddressRange(0, last);
    if (!machine.crashRanges().stream().allMatch(reach::contains)) {
      Optional<AddressRange> pool = largest(machine, frames, last);
      if (pool.isPresent()) {
        return SwiotlbMapping.with(machine.era(), false, pool.get());
      }
    }
    return new DirectMapping(machine.era());
  }

  /**
   * {@return the same of a capture kernel that bounces everything, of whatever mode the primary
   * was}
   *
   * @throws NoFrameException if no segment of a pool fits
   */
  public static DmaMapping forced(MachineSpec machine, PageFrames frames) {
    return SwiotlbMapping.with(
        machine.era(),
        true,
        largest(machine, frames, reachedByAll(machine.dumpPath()))
            .orElseThrow(() -> new NoFrameException(Room.BOUNCE_POOL, BouncePool.SEGMENT_BYTES)));
  }

  private static Optional<AddressRange> largest(MachineSpec machine, PageFrames frames, long last) {
    AddressRange reach = new AddressRange(0, last);
    long most = Math.min(Swiotlb.DEFAULT_POOL_BYTES, reached(machine.crashRanges(), reach) / 2);
    for (long size = wholeSegments(most); size > 0; size = wholeSegments(size / 2)) {
      Optional<AddressRange> pool = place(machine.era(), frames, size, last);
      if (pool.isPresent()) {
        return pool;
      }
    }
    return Optional.empty();
  }

  private static long reached(List<AddressRange> ranges, AddressRange reach) {
    return ranges.stream()
        .flatMap(range -> range.intersection(reach).stream())
        .mapToLong(AddressRange::sizeBytes)
        .sum();
  }

  private static long wholeSegments(long sizeBytes) {
    return sizeBytes / BouncePool.SEGMENT_BYTES * BouncePool.SEGMENT_BYTES;
  }

  /**
   * {@return the last address below 4 GiB that all of {@code devices} reach} Linux asks for memory
   * below 4 GiB and no more; on machines with devices that reach less, that may be too high.
   */
  private static long reachedByAll(List<DeviceSpec> devices) {
    long last = LAST_BELOW_4_GIB;
    for (DeviceSpec device : devices) {
      last = Long.compareUnsigned(device.dmaMask(), last) < 0 ? device.dmaMask() : last;
    }
    return last;
  }

  /** Linux 2.6.27 takes boot memory from the bottom up, today's kernels from the top down. */
  private static Optional<AddressRange> place(
      Era era, PageFrames frames, long sizeBytes, long last) {
    OptionalLong first =
        switch (era) {
          case LINUX_2_6_27 -> frames.take(sizeBytes, PageFrames.PAGE_BYTES, last);
          case LINUX_6 -> frames.takeFromTop(sizeBytes, PageFrames.PAGE_BYTES, last);
        };
    return first.isPresent()
        ? Optional.of(AddressRange.ofSize(first.getAsLong(), sizeBytes))
        : Optional.empty();
  }
}
