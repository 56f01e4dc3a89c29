// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.spec.DeviceSpec;

/**
 * A device that carries out commands from a ring in memory, one after the other, until it has
 * caught up with its tail; a receiver also writes its statistics block whenever it likes, and one
 * that firmware set up writes to firmware's memory, whoever drives it, until it is reset.
 *
 * <p>It fetches a command in one step and carries it out in another, so that a crash may come
 * between the two. It knows bus addresses and nothing of what they mean, nor that a kernel died.
 */
public final class DmaDevice {
  /** Size in bytes of what a receiver writes as its statistics. */
  public static final int STATISTICS_BYTES = 16;

  /** Size in bytes of what a device writes into firmware's memory at once. */
  private static final int FIRMWARE_BYTES = 16;

  private final DeviceSpec spec;
  private final List<AddressRange> firmwareMemory;

  /** How often it wrote there; -1 once it was reset. */
  private int firmwareWrites;

  private boolean firmwareAtWork;
  private boolean running;
  private boolean stopped;
  private long ring;
  private int ringCount;
  private int head;
  private int tail;
  private Optional<Long> statistics = Optional.empty();
  private Optional<Command> current = Optional.empty();
  private boolean ringOfCapture;

  /** A command as fetched. {@code ofCapture} tells observers which kernel's it is. */
  private record Command(
      long busAddress,
      int lengthBytes,
      Operation operation,
      long block,
      int index,
      boolean ofCapture) {}

  /** Makes the device as it is after power-on: idle. */
  public DmaDevice(DeviceSpec spec) {
    this(spec, List.of());
  }

  /**
   * Makes the device as it is when firmware has set it up.
   *
   * @param firmwareMemory where it writes for firmware, each range of at least 16 bytes
   */
  public DmaDevice(DeviceSpec spec, List<AddressRange> firmwareMemory) {
    this.spec = spec;
    this.firmwareMemory = List.copyOf(firmwareMemory);
  }

  /** {@return what it is} */
  public DeviceSpec spec() {
    return spec;
  }

  /** Forgets all: the reset that a driver, or the port above, gives it. */
  public void reset() {
    firmwareWrites = -1;
    running = false;
    stopped = false;
    ring = 0;
    ringCount = 0;
    head = 0;
    tail = 0;
    statistics = Optional.empty();
    current = Optional.empty();
  }

  /**
   * Gives the device a ring. A command that it has fetched already it still carries out.
   *
   * @param ringBusAddress where its commands are
   * @param count how many places the ring has, a power of two
   * @param statisticsBusAddress where a receiver writes its statistics
   * @param byCapture tells observers which kernel's ring it is
   */
  public void start(
      long ringBusAddress, int count, Optional<Long> statisticsBusAddress, boolean byCapture) {
    ring = ringBusAddress;
    ringCount = count;
    head = 0;
    tail = 0;
    statistics = statisticsBusAddress;
    ringOfCapture = byCapture;
    running = true;
  }

  /** Tells the device that commands up to {@code newTail} (not included) wait. */
  public void ringDoorbell(int newTail) {
    tail = newTail;
  }

  /** {@return true if there is a next step for it to take} */
  public boolean canStep() {
    return running && !stopped && (current.isPresent() || head != tail);
  }

  /** {@return true if it may write its statistics} */
  public boolean canReport() {
    return running && !stopped && statistics.isPresent();
  }

  /** {@return true if it stopped at a fault, and waits to be reset} */
  public boolean isStopped() {
    return stopped;
  }

  /** {@return true if its next request is one that the capture kernel asked for} */
  public boolean worksForCapture() {
    return !firmwareAtWork && (current.isPresent() ? current.get().ofCapture() : ringOfCapture);
  }

  /** {@return true if it may write to firmware's memory} */
  public boolean canServeFirmware() {
    return !firmwareMemory.isEmpty() && firmwareWrites >= 0 && !stopped;
  }

  /** {@return true if its request is one that firmware had it make} */
  public boolean worksForFirmware() {
    return firmwareAtWork;
  }

  /** Writes to firmware's memory: by turns the first and the last bytes of each range. */
  public void serveFirmware(DmaPort port) {
    AddressRange range = firmwareMemory.get(firmwareWrites / 2 % firmwareMemory.size());
    long at = firmwareWrites % 2 == 0 ? range.first() : range.last() + 1 - FIRMWARE_BYTES;
    byte[] block = new byte[FIRMWARE_BYTES];
    Packet.fill(spec, Packet.FIRMWARE_INDEX, block, 0, block.length);
    firmwareWrites = (firmwareWrites + 1) % (2 * firmwareMemory.size());
    firmwareAtWork = true;
    if (!port.write(this, at, block, 0, block.length)) {
      stopped = spec.stopsOnFault();
    }
    firmwareAtWork = false;
  }

  /** Takes the next step: fetches a command, or carries out the one it has. */
  public void step(DmaPort port, Disk disk) {
    if (current.isPresent()) {
      carryOut(current.get(), port, disk);
    } else {
      fetch(port);
    }
  }

  /** Writes the statistics block. */
  public void report(DmaPort port) {
    byte[] block = new byte[STATISTICS_BYTES];
    Packet.fill(spec, Packet.STATISTICS_INDEX, block, 0, block.length);
    if (!port.write(this, statistics.orElseThrow(), block, 0, block.length)) {
      stopped = spec.stopsOnFault();
    }
  }

  private void fetch(DmaPort port) {
    byte[] bytes = new byte[Descriptor.BYTES];
    if (!port.read(this, descriptor(head), bytes, 0, bytes.length)) {
      stopped = true;
      return;
    }
    ByteBuffer words = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long busAddress = words.getLong();
    long what = words.getLong();
    long block = words.getLong();
    Optional<Operation> operation = Descriptor.operation(what);
    int length = Descriptor.lengthBytes(what);
    if (operation.isEmpty() || length <= 0 || length > Descriptor.TRANSFER_BYTES_MAX) {
      stopped = true; // What it was given is no command.
      return;
    }
    current =
        Optional.of(new Command(busAddress, length, operation.get(), block, head, ringOfCapture));
  }

  private long descriptor(int index) {
    return ring + (long) index * Descriptor.BYTES;
  }

  private void carryOut(Command command, DmaPort port, Disk disk) {
    boolean done = transfer(command, port, disk);
    if (!done && spec.stopsOnFault()) {
      stopped = true;
      return;
    }
    byte[] status = new byte[Long.BYTES];
    status[0] = (byte) (done ? Descriptor.DONE : Descriptor.FAILED);
    // A command of the ring before belongs to nobody any more: its status has no place.
    if (command.ofCapture() == ringOfCapture) {
      port.write(
          this, descriptor(command.index()) + Descriptor.STATUS_OFFSET, status, 0, status.length);
      head = (command.index() + 1) & (ringCount - 1);
    }
    current = Optional.empty();
  }

  private boolean transfer(Command command, DmaPort port, Disk disk) {
    for (int done = 0; done < command.lengthBytes(); ) {
      long bus = command.busAddress() + done;
      int length = Math.min(command.lengthBytes() - done, restOfPage(bus));
      length = Math.min(length, restOfPage(done));
      boolean through;
      if (length < Page.BYTES || command.operation() == Operation.RECEIVE) {
        through = piece(command, port, disk, bus, done, length);
      } else if (command.operation() == Operation.READ_DISK) {
        through = port.writePage(this, bus, disk.block(block(command, done)));
      } else {
        Page[] pages = new Page[(command.lengthBytes() - done) / Page.BYTES];
        int read = port.readPages(this, bus, pages);
        disk.write(block(command, done), pages, read);
        through = read == pages.length;
        length = read * Page.BYTES;
      }
      if (!through) {
        return false;
      }
      done += length;
    }
    return true;
  }

  private static long block(Command command, int done) {
    return command.block() + done / Page.BYTES;
  }

  private boolean piece(Command command, DmaPort port, Disk disk, long bus, int done, int length) {
    byte[] bytes = new byte[length];
    long block = block(command, done);
    int offset = done % Page.BYTES;
    return switch (command.operation()) {
      case RECEIVE -> {
        Packet.fill(spec, command.index(), bytes, done, length);
        yield port.write(this, bus, bytes, 0, length);
      }
      case READ_DISK -> {
        disk.block(block).read(offset, bytes, 0, length);
        yield port.write(this, bus, bytes, 0, length);
      }
      case WRITE_DISK -> {
        boolean read = port.read(this, bus, bytes, 0, length);
        if (read) {
          disk.write(block, offset, bytes, 0, length);
        }
        yield read;
      }
    };
  }

  private static int restOfPage(long address) {
    return Page.BYTES - (int) (address & (Page.BYTES - 1));
  }

  /** {@return a device in the same state, that changes by itself} */
  public DmaDevice fork() {
    DmaDevice copy = new DmaDevice(spec, firmwareMemory);
    copy.firmwareWrites = firmwareWrites;
    copy.running = running;
    copy.stopped = stopped;
    copy.ring = ring;
    copy.ringCount = ringCount;
    copy.head = head;
    copy.tail = tail;
    copy.statistics = statistics;
    copy.current = current;
    copy.ringOfCapture = ringOfCapture;
    return copy;
  }

  /** Adds all its state to {@code into}. */
  public void addTo(Fingerprint into) {
    into.add(firmwareWrites);
    into.add(running);
    into.add(stopped);
    into.add(ring);
    into.add(ringCount);
    into.add(head);
    into.add(tail);
    into.add(statistics.orElse(-1L));
    into.add(ringOfCapture);
    into.add(current.isPresent());
    current.ifPresent(c -> {
      into.add(c.busAddress());
      into.add(c.lengthBytes());
      into.add(c.operation().code());
      into.add(c.block());
      into.add(c.index());
      into.add(c.ofCapture());
    });
  }
}
