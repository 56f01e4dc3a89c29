// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.List;
import java.util.stream.Collectors;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Term;
import org.crashlane.bits.Word;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Attachment.Blocked;
import org.crashlane.iommu.Attachment.PassThrough;
import org.crashlane.iommu.Attachment.Translated;
import org.crashlane.iommu.Attachment.Unsupported;
import org.crashlane.iommu.Permissions;
import org.crashlane.linux.LinuxRule;
import org.crashlane.machine.Device;
import org.crashlane.machine.DmaMask;
import org.crashlane.machine.FirmwareRegion;
import org.crashlane.memory.AddressRange;
import org.crashlane.rule.Reading;

/** What was read of a machine, for people. */
final class ReadingText {
  private ReadingText() {}

  static String of(Reading reading) {
    return switch (reading) {
      case Reading.Mapped(var mapping) -> mapping.toString();
      case Reading.Addresses(Reading.AddressFact what, AddressRange range) -> of(what, range);
      case Reading.Entry(var entry) -> ReasonText.of(entry);
      case Reading.Attached(Attachment attachment) -> of(attachment);
      case Reading.Mask(Reading.MaskUse use, DmaMask mask) -> of(use, mask);
      case Reading.LowMemory(Reading.Need need, long sizeBytes) -> of(need, sizeBytes);
      case Reading.Devices(Reading.DeviceFact what, List<Device> devices) -> of(what, devices);
      case Reading.EncryptionBit(int bit, boolean certain) ->
          "memory is encrypted by address bit %d: %s"
              .formatted(
                  bit,
                  certain
                      ? "the device is given addresses with it"
                      : "the device may be given addresses with it, its DMA mask is not known");
      case Reading.Region(FirmwareRegion region) -> of(region);
      case Reading.TablePage(long address) -> "table page " + Hex.of(address);
      case Reading.Buffer(var buffer) -> ReasonText.of(buffer);
      case Reading.Reserved(var range) -> ReasonText.of(range);
      case Reading.Registers(List<Word> words) ->
          words.stream().map(Word::toString).collect(Collectors.joining("\n"));
      case Reading.Vectors(Reading.VectorFate fate, List<Integer> vectors) ->
          of(fate) + ": " + ReasonText.vectors(vectors);
      case Reading.Interrupt(int vector, var fate) ->
          "vector %s: %s".formatted(Hex.of(vector), ReasonText.of(fate));
      case Reading.ApicId(int id) -> "APIC id " + Hex.of(Integer.toUnsignedLong(id));
      case Reading.Leftovers leftovers -> of(leftovers);
      case Reading.Spent(var limits) ->
          "there are more than %,d table pages or %,d runs of mappings in all: not all was checked"
              .formatted(limits.tablePageCount(), limits.mappingCount());
      case Reading.StatedRegion region ->
          "firmware has a device use memory at %s (%s): %s"
              .formatted(region.range(), region.structure(), String.join(", ", region.users()));
      case Reading.NoAcpiTable(String signature) ->
          "the IOMMU translates, and there is no " + signature + " table";
      case Reading.InTable(String signature, long offset, var what) ->
          "%s at offset %s: %s".formatted(signature, Hex.of(offset), ReasonText.of(what))
              + message(what.term());
      case Reading.UnreadTable(_, var why) -> ReasonText.of(why);
    };
  }

  /** What the kernel prints about it, where it prints something. */
  private static String message(Term what) {
    return what instanceof LinuxRule rule && !rule.message().isEmpty()
        ? " (\"%s\")".formatted(rule.message())
        : "";
  }

  private static String of(Reading.AddressFact what, AddressRange range) {
    return switch (what) {
      case HOLE, IN_MEMORY -> range.toString();
      case NOT_ALL_MAPPED -> "not mapped to the crash range as a whole: " + range;
      case TRANSLATED -> "the table translates " + range + " only";
      case PASSING -> "its requests pass untranslated and unchecked at " + range;
      case READ_THROUGH_APERTURE -> "CPUs' reads of memory at " + range + " are translated";
    };
  }

  private static String of(Attachment attachment) {
    return switch (attachment) {
      case Translated t -> "its requests are translated by table " + t.table();
      case PassThrough p when p.permissions() != Permissions.READ_WRITE ->
          "its requests pass untranslated, but " + p.permissions() + " only";
      case PassThrough _ -> "its requests pass untranslated: all memory is within its reach";
      case Blocked b -> ReasonText.of(b.reason());
      case Unsupported u -> ReasonText.of(u.reason());
    };
  }

  private static String of(Reading.MaskUse use, DmaMask mask) {
    return switch (mask) {
      case DmaMask.Known known ->
          switch (use) {
                case STREAMING -> "the device reaches addresses";
                case COHERENT -> "the device has rings and commands at addresses (coherent mask)";
              }
              + (" to " + Hex.of(known.last()) + " only");
      case DmaMask.Unknown _ ->
          "its %s is not known, and no crash range lies below 4 GiB"
              .formatted(use == Reading.MaskUse.COHERENT ? "coherent DMA mask" : "DMA mask");
    };
  }

  private static String of(Reading.Need need, long sizeBytes) {
    String what =
        switch (need) {
          case BOUNCE_POOL, GUEST_BOUNCE_POOL -> "a bounce pool";
          case DEVICE_TABLE -> "a device table";
        };
    return "it needs %s of %s bytes%s below 4 GiB, and no crash range has room for it there"
        .formatted(
            what,
            Hex.of(sizeBytes),
            need == Reading.Need.GUEST_BOUNCE_POOL
                ? ", which all DMA of a confidential guest goes through"
                : "");
  }

  private static String of(Reading.DeviceFact what, List<Device> devices) {
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

  private static String of(Reading.VectorFate fate) {
    return switch (fate) {
      case ARRIVES -> "arrive";
      case ELSEWHERE -> "go elsewhere";
      case BLOCKED -> "are blocked";
      case UNKNOWN -> "are not known";
    };
  }

  private static String of(Reading.Leftovers leftovers) {
    return "%d mappings of in-flight DMA, of %s bytes; %s addresses of memory"
        .formatted(
            leftovers.count(),
            Hex.of(leftovers.bytes()),
            leftovers.bytesInMemory() == 0
                ? "none of their IOVAs are"
                : "IOVAs of " + Hex.of(leftovers.bytesInMemory()) + " bytes are also");
  }
}
