// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.bits.ByteReader;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * A Root System Description Pointer: where firmware tells that its tables are (ACPI 6.5 section
 * 5.2.5).
 *
 * @param address where it is
 * @param revision 0 for ACPI 1.0, 2 since
 * @param rsdtAddress of the root table with entries of 4 bytes
 * @param xsdtAddress of the root table with entries of 8 bytes; 0 if there is none
 */
public record RootPointer(long address, int revision, long rsdtAddress, long xsdtAddress) {
  /** Bytes of a pointer of revision 2, the longest. */
  public static final int BYTES_MAX = 36;

  /** What it begins with: "RSD PTR ", as a little-endian word. */
  public static final long SIGNATURE = 0x2052545020445352L;

  private static final int OLD_BYTES = 20;

  /** The extended BIOS data area's segment is here (IBM PC, BIOS data area). */
  private static final long EBDA_SEGMENT_AT = 0x40e;

  private static final int SEGMENT_SHIFT = 4;
  private static final AddressRange BIOS_AREA = AddressRange.ofSize(0xe0000, 0x20000);
  private static final int EBDA_BYTES = 1024;
  private static final int STEP_BYTES = 16;
  private static final int READ_BYTES = 4096;

  /**
   * {@return the pointer that begins with {@code bytes[offset]}, if its checksums are right}
   *
   * @param address physical address of that byte
   */
  public static Optional<RootPointer> parse(byte[] bytes, int offset, long address) {
    if (bytes.length - offset < OLD_BYTES) {
      return Optional.empty();
    }
    int length = Math.min(BYTES_MAX, bytes.length - offset);
    ByteReader reader = ByteReader.of("RSDP", bytes).window(offset + length, "RSDP");
    reader.skip(offset, "bytes in front");
    long signature = reader.u64("signature");
    reader.skip(Byte.BYTES + AcpiHeader.OEM_ID_BYTES, "checksum and OEM id");
    int revision = reader.u8("revision");
    long rsdt = reader.u32("RSDT address");
    boolean isOld = revision < 2;
    int summed = isOld ? OLD_BYTES : BYTES_MAX;
    if (signature != SIGNATURE
        || length < summed
        || !addsUp(bytes, offset, OLD_BYTES)
        || !addsUp(bytes, offset, summed)) {
      return Optional.empty();
    }
    if (isOld) {
      return Optional.of(new RootPointer(address, revision, rsdt, 0));
    }
    reader.skip(Integer.BYTES, "length");
    return Optional.of(new RootPointer(address, revision, rsdt, reader.u64("XSDT address")));
  }

  private static boolean addsUp(byte[] bytes, int offset, int count) {
    byte sum = 0;
    for (int i = 0; i < count; i++) {
      sum += bytes[offset + i];
    }
    return sum == 0;
  }

  /**
   * {@return the pointer that a kernel finds which was started by a BIOS: the first in the extended
   * BIOS data area, or in the BIOS's own} (Linux: acpi_find_root_pointer in
   * drivers/acpi/acpica/tbxfroot.c)
   */
  public static Optional<RootPointer> inBiosArea(PhysicalMemory memory) {
    List<AddressRange> areas = new ArrayList<>();
    byte[] segment = new byte[Short.BYTES];
    if (isRead(memory, EBDA_SEGMENT_AT, segment, 0, segment.length)) {
      long ebda = (long) ByteReader.of("BIOS data", segment).u16("EBDA segment") << SEGMENT_SHIFT;
      areas.add(AddressRange.ofSize(ebda, EBDA_BYTES));
    }
    areas.add(BIOS_AREA);
    return areas.stream().flatMap(area -> first(memory, area).stream()).findFirst();
  }

  private static Optional<RootPointer> first(PhysicalMemory memory, AddressRange area) {
    byte[] bytes = new byte[(int) area.sizeBytes()];
    for (int at = 0; at < bytes.length; at += READ_BYTES) {
      // What is not memory stays zeros, in which no pointer begins and none adds up.
      isRead(memory, area.first() + at, bytes, at, Math.min(READ_BYTES, bytes.length - at));
    }
    for (int at = 0; at < bytes.length; at += STEP_BYTES) {
      Optional<RootPointer> found = parse(bytes, at, area.first() + at);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private static boolean isRead(
      PhysicalMemory memory, long address, byte[] into, int offset, int length) {
    try {
      memory.read(address, into, offset, length);
      return true;
    } catch (UnreadableMemoryException e) {
      return false;
    }
  }
}
