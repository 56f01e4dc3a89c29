// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.List;
import java.util.stream.Collectors;
import org.crashlane.bits.Hex;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Subject;

/** What findings are about, for people. */
final class SubjectText {
  private SubjectText() {}

  static String of(Subject subject) {
    return switch (subject) {
      case Subject.OfDevice(var device) -> device.toString();
      case Subject.Requesters(var requesters) -> firstOf(requesters, 1);
      case Subject.IoApic(var requester) -> "IOAPIC " + requester;
      case Subject.AddressSpace space -> of(space);
      case Subject.OfFirmware(var region) -> region.devices();
      case Subject.NewTablePage(long address) -> "new table page at " + Hex.of(address);
      case Subject.Arena(var range) -> "arena " + range;
      case Subject.CrashRange(var range) -> "crash range " + range;
      case Subject.Armed(String name) -> name;
      case Subject.Requests(var device, var access) -> device + " " + access;
      case Subject.DriverOf(var device) -> "driver of " + device;
      case Subject.Part part -> of(part);
    };
  }

  /** Devices on the dump path are named first; a table may serve hundreds. */
  private static String of(Subject.AddressSpace space) {
    String named = space.devices().stream().map(Object::toString).collect(Collectors.joining(", "));
    String who =
        named.isEmpty()
            ? firstOf(space.users(), 1)
            : named + more(space.users().size() - space.devices().size());
    return who + ", table " + space.table();
  }

  private static String firstOf(List<RequesterId> requesters, int count) {
    return requesters.getFirst() + more(requesters.size() - count);
  }

  private static String more(int count) {
    return count > 0 ? " and " + count + " more" : "";
  }

  private static String of(Subject.Part part) {
    return switch (part) {
      case MACHINE -> "the machine";
      case PROCESSORS -> "the processors";
      case IO_APICS -> "the IOAPICs";
      case IOMMU -> "the IOMMU";
      case IOMMU_TABLES -> "the IOMMU's tables";
      case DEVICE_TABLES -> "the IOMMU's device tables";
      case UNIT_BUFFERS -> "the IOMMU's own buffers";
      case PRIMARY_KERNEL -> "the primary kernel";
      case CAPTURE_KERNEL -> "capture kernel";
      case CRASH_RANGE -> "the crash range";
      case DUMP_DISK -> "dump disk";
      case MEMORY -> "memory";
      case FIRMWARE -> "the guest's firmware";
      case FIRMWARE_TABLE -> "firmware's table";
      case NAMED_DEVICES -> "the devices that were named";
      case ARMING -> "arming";
    };
  }
}
