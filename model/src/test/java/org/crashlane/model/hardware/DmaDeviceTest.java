// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.spec.DeviceKind;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;

final class DmaDeviceTest {
  private static final long RING = 0x2000;
  private static final long BUFFER = 0x8100;
  private static final Background BACKGROUND = new Background(3);

  private final ModelMemory memory =
      ModelMemory.at(List.of(new AddressRange(0, 0xfffff)), BACKGROUND);
  private final Disk disk = Disk.of(BACKGROUND);
  private final Direct port = new Direct();

  /** Bus addresses are physical addresses; those from {@code blockedFrom} up are blocked. */
  private final class Direct implements DmaPort {
    private long blockedFrom = Long.MAX_VALUE;

    @Override
    public boolean read(DmaDevice device, long bus, byte[] into, int offset, int length) {
      if (bus < blockedFrom) {
        memory.read(bus, into, offset, length);
      }
      return bus < blockedFrom;
    }

    @Override
    public boolean write(DmaDevice device, long bus, byte[] from, int offset, int length) {
      if (bus < blockedFrom) {
        memory.write(bus, from, offset, length);
      }
      return bus < blockedFrom;
    }

    @Override
    public int readPages(DmaDevice device, long bus, Page[] into) {
      int count = Math.clamp((blockedFrom - bus) / Page.BYTES, 0, into.length);
      System.arraycopy(memory.share(bus, count), 0, into, 0, count);
      return count;
    }

    @Override
    public boolean writePage(DmaDevice device, long bus, Page page) {
      if (bus < blockedFrom) {
        memory.put(bus, page);
      }
      return bus < blockedFrom;
    }
  }

  private static DmaDevice device(DeviceKind kind, boolean stopsOnFault) {
    return new DmaDevice(
        new DeviceSpec(
                "device",
                RequesterId.of(1, 0),
                Optional.empty(),
                kind,
                64,
                "",
                DeviceSpec.Trait.ON_DUMP_PATH,
                DeviceSpec.Trait.RESET_BY_DRIVER)
            .with(DeviceSpec.Trait.STOPS_ON_FAULT, stopsOnFault));
  }

  private void command(int slot, long bus, int length, Operation operation, long block) {
    memory.writeLongs(
        RING + (long) slot * Descriptor.BYTES,
        Descriptor.pending(bus, length, operation, block),
        Descriptor.WORDS);
  }

  private long status(int slot) {
    return memory.readLong(RING + (long) slot * Descriptor.BYTES + Descriptor.STATUS_OFFSET);
  }

  private DmaDevice started(DeviceKind kind, boolean stopsOnFault, int tail) {
    DmaDevice device = device(kind, stopsOnFault);
    device.start(RING, 8, Optional.empty(), false);
    device.ringDoorbell(tail);
    return device;
  }

  @Test
  void blocksOfAnyAlignmentGoToMemoryByteForByte() {
    command(0, BUFFER, 3 * Page.BYTES + 7, Operation.READ_DISK, 5);
    DmaDevice device = started(DeviceKind.STORAGE, true, 1);
    device.step(port, disk);
    assertEquals(Descriptor.PENDING, status(0), "fetched, not carried out");
    device.step(port, disk);
    assertEquals(Descriptor.DONE, status(0));
    byte[] there = new byte[3 * Page.BYTES + 7];
    byte[] wanted = new byte[there.length];
    memory.read(BUFFER, there, 0, there.length);
    disk.read(5, wanted);
    assertArrayEquals(wanted, there);
    assertFalse(device.canStep());
  }

  @Test
  void memoryOfAnyAlignmentGoesToTheDiskByteForByte() {
    command(0, BUFFER, 2 * Page.BYTES + 100, Operation.WRITE_DISK, 9);
    DmaDevice device = started(DeviceKind.STORAGE, true, 1);
    device.step(port, disk);
    device.step(port, disk);
    byte[] wanted = new byte[2 * Page.BYTES + 100];
    byte[] there = new byte[wanted.length];
    memory.read(BUFFER, wanted, 0, wanted.length);
    disk.read(9, there);
    assertArrayEquals(wanted, there);
  }

  @Test
  void whatArrivesIsTheSameForDriverAndDevice() {
    command(0, BUFFER, 1514, Operation.RECEIVE, 0);
    DmaDevice device = started(DeviceKind.RECEIVER, true, 1);
    device.step(port, disk);
    device.step(port, disk);
    byte[] there = new byte[1514];
    byte[] wanted = new byte[1514];
    memory.read(BUFFER, there, 0, there.length);
    Packet.fill(device.spec(), 0, wanted, 0, wanted.length);
    assertArrayEquals(wanted, there);
  }

  @Test
  void deviceThatStopsAtFaultsWaitsForReset() {
    command(0, 0x9000, Page.BYTES, Operation.READ_DISK, 0);
    port.blockedFrom = 0x9000;
    DmaDevice device = started(DeviceKind.STORAGE, true, 1);
    device.step(port, disk);
    device.step(port, disk);
    assertTrue(device.isStopped());
    assertFalse(device.canStep());
    assertEquals(Descriptor.PENDING, status(0));
    device.reset();
    assertFalse(device.isStopped());
  }

  @Test
  void deviceThatGoesOnReportsTheFault() {
    command(0, 0x9000, Page.BYTES, Operation.READ_DISK, 0);
    port.blockedFrom = 0x9000;
    DmaDevice device = started(DeviceKind.STORAGE, false, 1);
    device.step(port, disk);
    device.step(port, disk);
    assertFalse(device.isStopped());
    assertEquals(Descriptor.FAILED, status(0));
  }

  @Test
  void whatIsNoCommandStopsTheDevice() {
    memory.writeLongs(RING, new long[] {BUFFER, -1, 0, 0}, Descriptor.WORDS);
    DmaDevice device = started(DeviceKind.STORAGE, false, 1);
    device.step(port, disk);
    assertTrue(device.isStopped());
  }

  @Test
  void fetchedCommandIsCarriedOutAfterTheRingIsReplaced() {
    command(0, BUFFER, Page.BYTES, Operation.READ_DISK, 3);
    DmaDevice device = started(DeviceKind.STORAGE, true, 1);
    device.step(port, disk);
    device.start(0x3000, 8, Optional.empty(), true);
    assertFalse(device.worksForCapture(), "the command is the primary's");
    device.step(port, disk);
    assertTrue(device.worksForCapture());
    assertEquals(Descriptor.PENDING, status(0), "nobody looks at the old ring any more");
  }

  @Test
  void copiesGoTheirOwnWayAndAreToldApart() {
    command(0, BUFFER, Page.BYTES, Operation.READ_DISK, 3);
    DmaDevice device = started(DeviceKind.STORAGE, true, 1);
    DmaDevice copy = device.fork();
    assertEquals(fingerprint(device), fingerprint(copy));
    device.step(port, disk);
    assertTrue(fingerprint(device) != fingerprint(copy));
    copy.step(port, disk);
    assertEquals(fingerprint(device), fingerprint(copy));
  }

  private static long fingerprint(DmaDevice device) {
    Fingerprint into = new Fingerprint();
    device.addTo(into);
    return into.value();
  }
}
