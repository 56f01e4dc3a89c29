// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

import java.util.List;
import java.util.function.Function;
import java.util.function.LongUnaryOperator;
import java.util.function.UnaryOperator;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.rehearsal.ArmReport;

/** Mistakes in calls that any mapping driver may have. */
final class CallFaults {
  private CallFaults() {}

  /** {@return stores and register writes go wrong while a buffer is mapped} */
  static CallFault whileMapping(StoreFault stores, RegisterFault registers) {
    return new CallFault() {
      @Override
      public MapAttempt map(
          DmaMapping real, Cpu cpu, DeviceSpec device, long buffer, long size, Direction way) {
        return real.map(new FaultyCpu(cpu, stores, registers), device, buffer, size, way);
      }
    };
  }

  /** {@return stores and register writes go wrong while a buffer is unmapped} */
  static CallFault whileUnmapping(StoreFault stores, RegisterFault registers) {
    return new CallFault() {
      @Override
      public void unmap(DmaMapping real, Cpu cpu, DeviceSpec device, DmaHandle handle) {
        real.unmap(new FaultyCpu(cpu, stores, registers), device, handle);
      }
    };
  }

  /** {@return stores and register writes go wrong while the crash ranges are armed} */
  static CallFault whileArming(StoreFault stores, RegisterFault registers) {
    return whileArming(_ -> stores, registers);
  }

  /**
   * {@return stores and register writes go wrong while the crash ranges are armed}
   *
   * @param stores told the crash ranges, by which to know an identity entry: it leads there
   */
  static CallFault whileArming(
      Function<List<AddressRange>, StoreFault> stores, RegisterFault registers) {
    return new CallFault() {
      @Override
      public ArmReport arm(
          DmaMapping real, Cpu cpu, List<AddressRange> ranges, List<DeviceSpec> devices) {
        Cpu faulty = new FaultyCpu(cpu, stores.apply(ranges), registers);
        return real.arm(faulty, ranges, devices);
      }
    };
  }

  /** {@return other ranges, or for other devices, are kept from being handed out} */
  static CallFault reserving(
      UnaryOperator<List<AddressRange>> wrongRanges, UnaryOperator<List<DeviceSpec>> wrongDevices) {
    return new CallFault() {
      @Override
      public void reserve(
          DmaMapping real, Cpu cpu, List<AddressRange> ranges, List<DeviceSpec> devices) {
        real.reserve(cpu, wrongRanges.apply(ranges), wrongDevices.apply(devices));
      }
    };
  }

  /** {@return other ranges, or for other devices, are armed} */
  static CallFault arming(
      UnaryOperator<List<AddressRange>> wrongRanges, UnaryOperator<List<DeviceSpec>> wrongDevices) {
    return new CallFault() {
      @Override
      public ArmReport arm(
          DmaMapping real, Cpu cpu, List<AddressRange> ranges, List<DeviceSpec> devices) {
        return real.arm(cpu, wrongRanges.apply(ranges), wrongDevices.apply(devices));
      }
    };
  }

  /** {@return devices are given other bus addresses than those that were mapped} */
  static CallFault givenTo(LongUnaryOperator wrong) {
    return new CallFault() {
      @Override
      public MapAttempt map(
          DmaMapping real, Cpu cpu, DeviceSpec device, long buffer, long size, Direction way) {
        return switch (real.map(cpu, device, buffer, size, way)) {
          case MapAttempt.Mapped(DmaHandle right) ->
              new MapAttempt.Mapped(
                  new DmaHandle(
                      wrong.applyAsLong(right.busAddress()), right.target(), buffer, size, way));
          case MapAttempt.Failed failed -> failed;
        };
      }

      @Override
      public void unmap(DmaMapping real, Cpu cpu, DeviceSpec device, DmaHandle handle) {
        // What was mapped stays so: nobody knows its address any more.
      }
    };
  }

  /** {@return nobody asks whether devices reach a buffer: they get its own address} */
  static CallFault reachNotAsked() {
    return new CallFault() {
      @Override
      public MapAttempt map(
          DmaMapping real, Cpu cpu, DeviceSpec device, long buffer, long size, Direction way) {
        return new MapAttempt.Mapped(new DmaHandle(buffer, buffer, buffer, size, way));
      }

      @Override
      public void unmap(DmaMapping real, Cpu cpu, DeviceSpec device, DmaHandle handle) {
        // Nothing was mapped.
      }
    };
  }

  /** {@return buffers are mapped for another direction; drivers are not told} */
  static CallFault mappedFor(UnaryOperator<Direction> wrong) {
    return new CallFault() {
      @Override
      public MapAttempt map(
          DmaMapping real, Cpu cpu, DeviceSpec device, long buffer, long size, Direction way) {
        return asAsked(real.map(cpu, device, buffer, size, wrong.apply(way)), size, way);
      }

      @Override
      public void unmap(DmaMapping real, Cpu cpu, DeviceSpec device, DmaHandle handle) {
        Direction way = wrong.apply(handle.direction());
        real.unmap(cpu, device, sized(handle, handle.sizeBytes(), way));
      }
    };
  }

  /** {@return buffers are mapped in another size; drivers are not told} */
  static CallFault mappedSize(LongUnaryOperator wrong) {
    return new CallFault() {
      @Override
      public MapAttempt map(
          DmaMapping real, Cpu cpu, DeviceSpec device, long buffer, long size, Direction way) {
        return asAsked(real.map(cpu, device, buffer, wrong.applyAsLong(size), way), size, way);
      }

      @Override
      public void unmap(DmaMapping real, Cpu cpu, DeviceSpec device, DmaHandle handle) {
        long size = wrong.applyAsLong(handle.sizeBytes());
        real.unmap(cpu, device, sized(handle, size, handle.direction()));
      }
    };
  }

  /** {@return the other way round} */
  static Direction swapped(Direction way) {
    return switch (way) {
      case TO_DEVICE -> Direction.FROM_DEVICE;
      case FROM_DEVICE -> Direction.TO_DEVICE;
      case BIDIRECTIONAL -> way;
    };
  }

  /** {@return {@code sizeBytes} less a page, if it is more than one} */
  static long withoutLastPage(long sizeBytes) {
    return sizeBytes > PageFrames.PAGE_BYTES ? sizeBytes - PageFrames.PAGE_BYTES : sizeBytes;
  }

  private static MapAttempt asAsked(MapAttempt attempt, long sizeBytes, Direction direction) {
    return switch (attempt) {
      case MapAttempt.Mapped mapped ->
          new MapAttempt.Mapped(sized(mapped.handle(), sizeBytes, direction));
      case MapAttempt.Failed failed -> failed;
    };
  }

  private static DmaHandle sized(DmaHandle handle, long sizeBytes, Direction direction) {
    return new DmaHandle(
        handle.busAddress(), handle.target(), handle.buffer(), sizeBytes, direction);
  }
}
