// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.List;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.TableId;
import org.crashlane.machine.Device;
import org.crashlane.machine.FirmwareRegion;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/** What a finding, a refusal or a note is about. */
public sealed interface Subject {

  /** Who may be seen to do something on a bus, or in memory. */
  sealed interface Party extends Subject {}

  /**
   * A device of the machine.
   *
   * @param device which
   */
  record OfDevice(Device device) implements Party {}

  /**
   * Requesters of which no more is known than how they show on the bus.
   *
   * @param requesters at least one
   */
  record Requesters(List<RequesterId> requesters) implements Subject {
    public Requesters {
      requesters = List.copyOf(requesters);
    }

    /** One requester. */
    public Requesters(RequesterId requester) {
      this(List.of(requester));
    }
  }

  /**
   * An IOAPIC, as the sender of interrupts.
   *
   * @param requester how it shows on the bus
   */
  record IoApic(RequesterId requester) implements Subject {}

  /**
   * An address space.
   *
   * @param table its tables
   * @param users who goes through them
   * @param devices those of the users that the subject is about most: the ones on the dump path, or
   *     a guest's; empty if it is about all alike
   */
  record AddressSpace(TableId table, List<RequesterId> users, List<Device> devices)
      implements Subject {
    public AddressSpace {
      users = List.copyOf(users);
      devices = List.copyOf(devices);
    }
  }

  /**
   * Memory that firmware has devices use.
   *
   * @param region which, and whose
   */
  record OfFirmware(FirmwareRegion region) implements Subject {}

  /**
   * A page of new tables.
   *
   * @param address physical address of a word in it
   */
  record NewTablePage(long address) implements Subject {}

  /**
   * Memory that is meant for new tables.
   *
   * @param range which
   */
  record Arena(AddressRange range) implements Subject {}

  /**
   * What is meant to be a crash range.
   *
   * @param range which
   */
  record CrashRange(AddressRange range) implements Subject {}

  /**
   * What is armed.
   *
   * @param name what people call it
   */
  record Armed(String name) implements Subject {}

  /**
   * Requests of a device.
   *
   * @param device whose
   * @param access of which kind
   */
  record Requests(Device device, Access access) implements Party {}

  /**
   * The driver of a device.
   *
   * @param device which it drives
   */
  record DriverOf(Device device) implements Party {}

  /** Of these there is one, or they are meant as a whole. */
  enum Part implements Party {
    MACHINE,
    PROCESSORS,
    IO_APICS,
    IOMMU,
    IOMMU_TABLES,
    DEVICE_TABLES,
    UNIT_BUFFERS,
    PRIMARY_KERNEL,
    CAPTURE_KERNEL,
    CRASH_RANGE,
    DUMP_DISK,
    MEMORY,
    FIRMWARE,
    FIRMWARE_TABLE,
    NAMED_DEVICES,
    ARMING
  }
}
