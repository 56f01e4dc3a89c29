// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.List;
import java.util.stream.Collectors;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Word;
import org.crashlane.interrupt.InterruptVectors;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Attachment.Blocked;
import org.crashlane.iommu.Attachment.PassThrough;
import org.crashlane.iommu.Attachment.Translated;
import org.crashlane.iommu.Attachment.Unsupported;
import org.crashlane.iommu.Permissions;
import org.crashlane.machine.Device;
import org.crashlane.machine.DmaMask;
import org.crashlane.machine.FirmwareRegion;
import org.crashlane.memory.AddressRange;
import org.crashlane.rule.Reading;
import org.crashlane.rule.Reading.AddressFact;
import org.crashlane.rule.Reading.Addresses;
import org.crashlane.rule.Reading.ApicId;
import org.crashlane.rule.Reading.Attached;
import org.crashlane.rule.Reading.Buffer;
import org.crashlane.rule.Reading.DeviceFact;
import org.crashlane.rule.Reading.Devices;
import org.crashlane.rule.Reading.EncryptionBit;
import org.crashlane.rule.Reading.Entry;
import org.crashlane.rule.Reading.Interrupt;
import org.crashlane.rule.Reading.Leftovers;
import org.crashlane.rule.Reading.LowMemory;
import org.crashlane.rule.Reading.Mapped;
import org.crashlane.rule.Reading.Mask;
import org.crashlane.rule.Reading.MaskUse;
import org.crashlane.rule.Reading.Need;
import org.crashlane.rule.Reading.NoAcpiTable;
import org.crashlane.rule.Reading.Region;
import org.crashlane.rule.Reading.Registers;
import org.crashlane.rule.Reading.Reserved;
import org.crashlane.rule.Reading.Spent;
import org.crashlane.rule.Reading.StatedRegion;
import org.crashlane.rule.Reading.TablePage;
import org.crashlane.rule.Reading.VectorFate;
import org.crashlane.rule.Reading.Vectors;

/** What was read of a machine, for people. */
final class ReadingText {
  private ReadingText() {}

  static String of(Reading reading) {
    return switch (reading) {
      case Mapped(var mapping) -> mapping.toString();
      case Addresses(AddressFact what, AddressRange range) -> of(what, range);
      case Entry(var entry) -> entry.toString();
      case Attached(Attachment attachment) -> of(attachment);
      case Mask(MaskUse use, DmaMask mask) -> of(use, mask);
      case LowMemory(Need need, long sizeBytes) -> of(need, sizeBytes);
      case Devices(DeviceFact what, List<Device> devices) -> of(what, devices);
      case EncryptionBit(int bit, boolean certain) ->
          "memory is encrypted by address bit %d: %s"
              .formatted(
                  bit,
                  certain
                      ? "the device is given addresses with it"
                      : "the device may be given addresses with it, its DMA mask is not known");
      case Region(FirmwareRegion region) -> of(region);
      case TablePage(long address) -> "table page " + Hex.of(address);
      case Buffer(var buffer) -> buffer.toString();
      case Reserved(var range) -> range.toString();
      case Registers(List<Word> words) ->
          words.stream().map(Word::toString).collect(Collectors.joining("\n"));
      case Vectors(VectorFate fate, List<Integer> vectors) ->
          of(fate) + ": " + InterruptVectors.describe(vectors);
      case Interrupt(int vector, var fate) -> "vector %s: %s".formatted(Hex.of(vector), fate);
      case ApicId(int id) -> "APIC id " + Hex.of(Integer.toUnsignedLong(id));
      case Leftovers leftovers -> of(leftovers);
      case Spent(var limits) ->
          "there are more than %,d table pages or %,d runs of mappings in all: not all was judged"
              .formatted(limits.tablePageCount(), limits.mappingCount());
      case StatedRegion region ->
          "firmware has a device use memory at %s (%s): %s"
              .formatted(region.range(), region.structure(), String.join(", ", region.users()));
      case NoAcpiTable(String signature) ->
          "the IOMMU translates, and there is no " + signature + " table";
    };
  }

  private static String of(AddressFact what, AddressRange range) {
    return switch (what) {
      case HOLE, IN_MEMORY -> range.toString();
      case NOT_ALL_MAPPED -> "not mapped to the crash range as a whole: " + range;
      case TRANSLATED -> "the table translates " + range + " only";
      case PASSING -> "its requests pass untranslated and unchecked at " + range;
      case READ_THROUGH_APERTURE -> "CPUs' reads of memory at " + range + " go by the table";
    };
  }

  private static String of(Attachment attachment) {
    return switch (attachment) {
      case Translated t -> "its requests are translated by table " + t.table();
      case PassThrough p when p.permissions() != Permissions.READ_WRITE ->
          "its requests pass untranslated, but " + p.permissions() + " only";
      case PassThrough _ -> "its requests pass untranslated: all memory is within its reach";
      case Blocked b -> b.reason();
      case Unsupported u -> u.reason();
    };
  }

  private static String of(MaskUse use, DmaMask mask) {
    return switch (mask) {
      case DmaMask.Known known ->
          switch (use) {
                case STREAMING -> "the device reaches addresses";
                case COHERENT -> "the device has rings and commands at addresses (coherent mask)";
              }
              + (" to " + Hex.of(known.last()) + " only");
      case DmaMask.Unknown _ ->
          "its %s is not known, and no crash range lies below 4 GiB"
              .formatted(use == MaskUse.COHERENT ? "coherent DMA mask" : "DMA mask");
    };
  }

  private static String of(Need need, long sizeBytes) {
    String what =
        switch (need) {
          case BOUNCE_POOL, GUEST_BOUNCE_POOL -> "a bounce pool";
          case DEVICE_TABLE -> "a device table";
        };
    return "it needs %s of %s bytes%s below 4 GiB, and no crash range has room for it there"
        .formatted(
            what,
            Hex.of(sizeBytes),
            need == Need.GUEST_BOUNCE_POOL
                ? ", which all DMA of a confidential guest goes through"
                : "");
  }

  private static String of(DeviceFact what, List<Device> devices) {
    String all = devices.stream().map(Object::toString).collect(Collectors.joining(", "));
    return switch (what) {
      case GUESSED ->
          "taken for the devices that the dump goes through, by their class: [" + all + "]";
      case NOT_ARMED -> "not armed: " + all;
      case NOT_NAMED -> all;
    };
  }

  private static String of(FirmwareRegion region) {
    return switch (region.kind()) {
      case MAPPED -> "firmware has it use memory at " + region.range() + " (RMRR, IVMD)";
      case EXCLUDED ->
          "firmware excludes memory at %s from translation for it (IVMD)".formatted(region.range());
    };
  }

  private static String of(VectorFate fate) {
    return switch (fate) {
      case ARRIVES -> "arrive";
      case ELSEWHERE -> "go elsewhere";
      case BLOCKED -> "are blocked";
      case UNKNOWN -> "are not known";
    };
  }

  private static String of(Leftovers leftovers) {
    return "%d leftover mappings of %s bytes; %s addresses of memory"
        .formatted(
            leftovers.count(),
            Hex.of(leftovers.bytes()),
            leftovers.bytesInMemory() == 0
                ? "none of their IOVAs are"
                : "IOVAs of " + Hex.of(leftovers.bytesInMemory()) + " bytes are also");
  }
}
