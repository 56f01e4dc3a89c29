// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Word;
import org.crashlane.interrupt.InterruptFate;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.UnitBuffer;
import org.crashlane.iommu.Unmappable;
import org.crashlane.machine.Device;
import org.crashlane.machine.DmaMask;
import org.crashlane.machine.FirmwareRegion;
import org.crashlane.memory.AddressRange;

/** What was read of a machine: of the IOMMU's tables and registers, of firmware's tables. */
public sealed interface Reading extends Evidence {

  /**
   * What a table maps.
   *
   * @param mapping a run of one of its entries or more
   */
  record Mapped(Mapping mapping) implements Reading {}

  /**
   * Addresses of which something holds.
   *
   * @param what what does
   * @param range which
   */
  record Addresses(AddressFact what, AddressRange range) implements Reading {}

  /** What may hold of addresses. */
  enum AddressFact {
    /** Nothing is mapped there. */
    HOLE,
    /** IOVAs that are numerically addresses of memory. */
    IN_MEMORY,
    /** IOVAs with the encryption bit that do not all lead to the crash range. */
    NOT_ALL_MAPPED,
    /** All that the table can translate. */
    TRANSLATED,
    /** Requests there pass untranslated. */
    PASSING,
    /** Processors' reads there go through the aperture's table. */
    READ_THROUGH_APERTURE
  }

  /**
   * An entry of the tables in which something is wrong, or behind which nothing could be read.
   *
   * @param entry its address, value and what is wrong
   */
  record Entry(Malformation entry) implements Reading {}

  /**
   * What the device tables say of one requester.
   *
   * @param attachment which, and what
   */
  record Attached(Attachment attachment) implements Reading {}

  /**
   * What a device can put on the bus.
   *
   * @param use what for
   * @param mask how far it reaches
   */
  record Mask(MaskUse use, DmaMask mask) implements Reading {}

  /** Which of a device's two masks. */
  enum MaskUse {
    STREAMING,
    /** Rings and commands. */
    COHERENT
  }

  /**
   * What a capture kernel needs below 4 GiB.
   *
   * @param need what
   * @param sizeBytes how much of it, in one piece
   */
  record LowMemory(Need need, long sizeBytes) implements Reading {}

  /** What a capture kernel may need below 4 GiB. */
  enum Need {
    BOUNCE_POOL,
    /** All DMA of a confidential guest goes through it. */
    GUEST_BOUNCE_POOL,
    DEVICE_TABLE
  }

  /**
   * Devices of which something holds.
   *
   * @param what what does
   * @param devices which
   */
  record Devices(DeviceFact what, List<Device> devices) implements Reading {
    public Devices {
      devices = List.copyOf(devices);
    }
  }

  /** What may hold of a device. */
  enum DeviceFact {
    /** Taken for those that the dump goes through, by their class. */
    GUESSED,
    /** Translated, and not to the whole crash range. */
    NOT_ARMED,
    /** The guest has it, and it was not named. */
    NOT_NAMED
  }

  /**
   * The address bit by which memory is encrypted.
   *
   * @param bit its number
   * @param certain true if the device is given addresses with it; false if it may be
   */
  record EncryptionBit(int bit, boolean certain) implements Reading {}

  /**
   * What firmware has a device use.
   *
   * @param region whose memory, and how it is reached
   */
  record Region(FirmwareRegion region) implements Reading {}

  /**
   * A page of the IOMMU's page tables.
   *
   * @param address its physical address
   */
  record TablePage(long address) implements Reading {}

  /**
   * What the unit itself reads or writes.
   *
   * @param buffer what and where
   */
  record Buffer(UnitBuffer buffer) implements Reading {}

  /**
   * Where nothing can be mapped, or what is protected.
   *
   * @param range where, and why
   */
  record Reserved(Unmappable range) implements Reading {}

  /**
   * Registers of the IOMMU.
   *
   * @param words as they were read
   */
  record Registers(List<Word> words) implements Reading {
    public Registers {
      words = List.copyOf(words);
    }
  }

  /**
   * Interrupt vectors that fare alike.
   *
   * @param fate how
   * @param vectors which, in rising order
   */
  record Vectors(VectorFate fate, List<Integer> vectors) implements Reading {
    public Vectors {
      vectors = List.copyOf(vectors);
    }
  }

  /** What becomes of interrupts of one vector. */
  enum VectorFate {
    ARRIVES,
    ELSEWHERE,
    BLOCKED,
    UNKNOWN
  }

  /**
   * What becomes of one interrupt.
   *
   * @param vector its vector
   * @param fate what the unit does with it, and why
   */
  record Interrupt(int vector, InterruptFate fate) implements Reading {}

  /**
   * A processor whose id does not fit into xAPIC mode.
   *
   * @param id its APIC id, of 32 bits
   */
  record ApicId(int id) implements Reading {}

  /**
   * Mappings that the primary left behind.
   *
   * @param count how many
   * @param bytes how much they map
   * @param bytesInMemory of how many bytes the IOVA is numerically an address of memory
   */
  record Leftovers(long count, long bytes, long bytesInMemory) implements Reading {}

  /**
   * More was there than an audit may look at.
   *
   * @param limits which it was given
   */
  record Spent(AuditLimits limits) implements Reading {}

  /**
   * Memory that firmware has a device use; which device that is, is not known, or whether Linux
   * goes by the table.
   *
   * @param structure the specification's abbreviation of the structure that says so
   * @param range the memory
   * @param users what the table says of the devices
   */
  record StatedRegion(String structure, AddressRange range, List<String> users) implements Reading {
    public StatedRegion {
      users = List.copyOf(users);
    }
  }

  /**
   * The IOMMU translates, and firmware has no table that names it.
   *
   * @param signature the table's ACPI signature
   */
  record NoAcpiTable(String signature) implements Reading {}

  /**
   * What is wrong at one place of a table of firmware's.
   *
   * @param signature the table's ACPI signature
   * @param offset where in the table, in bytes
   * @param what what is wrong there
   */
  record InTable(String signature, long offset, Reason what) implements Reading {}

  /**
   * Whether firmware has a table, or which, is not known.
   *
   * @param signature the table's ACPI signature
   * @param why why that is
   */
  record UnreadTable(String signature, Reason why) implements Reading {}
}
