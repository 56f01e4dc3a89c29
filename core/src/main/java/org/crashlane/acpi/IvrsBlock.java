// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/**
 * One block of an IVRS table (AMD specification 48882, chapter "I/O Virtualization ACPI Table").
 *
 * <p>Each is named as the specification abbreviates it. Reserved bytes are not kept.
 */
public sealed interface IvrsBlock {

  /** {@return where it is in the table} */
  Extent at();

  /** {@return the number of its type} */
  int type();

  /** {@return its flags, 8 bits} */
  int flags();

  /** {@return names of the flags that are set} */
  List<String> flagNames();

  /** {@return its name: the specification's abbreviation} */
  default String name() {
    return switch (this) {
      case Ivhd _ -> "IVHD";
      case Ivmd _ -> "IVMD";
      case Unknown _ -> "unknown";
    };
  }

  /** {@return the device entries; none for kinds that have none} */
  default List<IvhdEntry> entries() {
    return List.of();
  }

  /**
   * I/O Virtualization Hardware Definition: one IOMMU. Types 0x11 and 0x40 have an image of its
   * Extended Feature Register; only type 0x40 may have ACPI devices.
   *
   * @param at where it is
   * @param type 0x10, 0x11 or 0x40
   * @param flags see {@link #flagNames()}
   * @param device the IOMMU's own PCI function
   * @param capabilityOffset of its capability block in that function's configuration space
   * @param registerBase physical address of the registers
   * @param segment PCI segment of the IOMMU and the devices
   * @param info see {@link #msiNumber()} and {@link #unitId()}
   * @param features feature reporting in type 0x10, IOMMU attributes in the others; 32 bits
   * @param extended Extended Feature Registers; types 0x11 and 0x40 have them
   * @param entries the devices behind the IOMMU
   */
  record Ivhd(
      Extent at,
      int type,
      int flags,
      RequesterId device,
      int capabilityOffset,
      long registerBase,
      int segment,
      int info,
      long features,
      Optional<ExtendedFeatures> extended,
      List<IvhdEntry> entries)
      implements IvrsBlock {

    /**
     * An image of the unit's feature registers; firmware may have changed it.
     *
     * @param register Extended Feature Register, offset 0x30
     * @param second Extended Feature 2 Register, offset 0x1a0
     */
    public record ExtendedFeatures(long register, long second) {}

    /** The highest type of block that is known. */
    public static final int HIGHEST_TYPE = IvrsLayout.IVHD_40H;

    public Ivhd {
      entries = List.copyOf(entries);
    }

    /** {@return the bytes that the registers take: more where there are performance counters} */
    public long registerBytes() {
      boolean counters =
          extended
              .map(efr -> IvhdFeatures.extendedCounters(efr.register()))
              .orElseGet(() -> IvhdFeatures.reportedCounters(features));
      return counters ? IvrsLayout.REGISTER_BYTES_WITH_COUNTERS : IvrsLayout.REGISTER_BYTES;
    }

    @Override
    public List<String> flagNames() {
      return FlagNames.of(
          flags,
          IvrsLayout.HT_TUN_EN,
          IvrsLayout.PASS_PW,
          IvrsLayout.RES_PASS_PW,
          IvrsLayout.ISOC,
          IvrsLayout.IOTLB_SUP,
          IvrsLayout.COHERENT,
          IvrsLayout.PREF_SUP,
          IvrsLayout.PPR_SUP);
    }

    /** {@return number of the MSI message for the event log, 0 to 31} */
    public int msiNumber() {
      return (int) IvrsLayout.MSI_NUM.get(info);
    }

    /** {@return HyperTransport unit id, 0 to 31} */
    public int unitId() {
      return (int) IvrsLayout.UNIT_ID.get(info);
    }

    /** {@return names of the features the unit has, as far as the block reports them} */
    public List<String> featureNames() {
      return extended
          .map(efr -> IvhdFeatures.extendedNames(efr.register()))
          .orElseGet(() -> IvhdFeatures.reportedNames(features));
    }

    /** {@return where the features are that {@link #featureNames()} names} */
    Extent featuresAt() {
      return extended.isPresent()
          ? new Extent(at.offset() + IvrsLayout.EXTENDED_FEATURES_OFFSET, Long.BYTES)
          : new Extent(at.offset() + IvrsLayout.FEATURES_OFFSET, Integer.BYTES);
    }

    /**
     * {@return how many levels of host page tables the unit walks, 4 to 6; empty if the block does
     * not report it}
     */
    public OptionalInt pageTableLevelsMax() {
      return extended
          .map(efr -> IvhdFeatures.extendedLevelsMax(efr.register()))
          .orElseGet(() -> IvhdFeatures.reportedLevelsMax(features));
    }

    /** {@return true if the unit itself is {@code requester} of {@code pciSegment}} */
    boolean isAt(int pciSegment, RequesterId requester) {
      return segment == pciSegment && device.equals(requester);
    }

    /** {@return what the entries say, in their order} */
    public List<DeviceSpan> spans() {
      return DeviceSpan.of(entries);
    }
  }

  /**
   * I/O Virtualization Memory Definition: memory that is the same for devices and for the
   * processor, or that the IOMMU leaves untranslated.
   *
   * <p>Linux maps an exclusion range as a unity range with both rights ({@code
   * init_unity_map_range} in {@code drivers/iommu/amd/init.c}).
   *
   * @param at where it is
   * @param type 0x20 for all devices, 0x21 for one, 0x22 for a range of them
   * @param flags see {@link #flagNames()}
   * @param device the device, or the first of the range
   * @param lastDevice the last of the range; meant for type 0x22 alone
   * @param segment PCI segment of the devices
   * @param start first address
   * @param lengthBytes of the memory; 0 if there is none
   */
  record Ivmd(
      Extent at,
      int type,
      int flags,
      RequesterId device,
      RequesterId lastDevice,
      int segment,
      long start,
      long lengthBytes)
      implements IvrsBlock {

    @Override
    public List<String> flagNames() {
      return FlagNames.of(
          flags, IvrsLayout.UNITY, IvrsLayout.IR, IvrsLayout.IW, IvrsLayout.EXCLUSION_RANGE);
    }

    /** {@return true if the memory is to be mapped at its own address} */
    public boolean isUnity() {
      return IvrsLayout.UNITY.isSet(flags);
    }

    /** {@return true if devices may read it} */
    public boolean isReadable() {
      return IvrsLayout.IR.isSet(flags);
    }

    /** {@return true if devices may write it} */
    public boolean isWritable() {
      return IvrsLayout.IW.isSet(flags);
    }

    /** {@return true if the IOMMU is to leave the memory untranslated} */
    public boolean isExclusion() {
      return IvrsLayout.EXCLUSION_RANGE.isSet(flags);
    }

    /** {@return true if the block asks for anything} */
    public boolean hasEffect() {
      return isUnity() || isExclusion();
    }

    /** {@return the memory; empty if there is none or it goes beyond 64 bits} */
    public Optional<AddressRange> region() {
      long last = start + lengthBytes - 1;
      boolean ordered = lengthBytes != 0 && Long.compareUnsigned(start, last) <= 0;
      return ordered ? Optional.of(new AddressRange(start, last)) : Optional.empty();
    }

    /** {@return the devices that the block is about, for people} */
    public String devicesText() {
      return switch (type) {
        case IvrsLayout.IVMD_ALL -> "all devices of segment %04x".formatted(segment);
        case IvrsLayout.IVMD_SELECT -> "device %04x:%s".formatted(segment, device);
        default -> "devices %04x:%s to %s".formatted(segment, device, lastDevice);
      };
    }

    /** {@return the devices that the block is about; none if their range ends before it begins} */
    public Optional<DeviceSpan> devices() {
      return switch (type) {
        case IvrsLayout.IVMD_ALL -> Optional.of(DeviceSpan.ALL);
        case IvrsLayout.IVMD_SELECT -> Optional.of(DeviceSpan.of(device, device));
        default ->
            device.compareTo(lastDevice) <= 0
                ? Optional.of(DeviceSpan.of(device, lastDevice))
                : Optional.empty();
      };
    }

    /** {@return true if the block is about {@code requester} of its segment} */
    public boolean covers(RequesterId requester) {
      return devices().filter(span -> span.contains(requester)).isPresent();
    }
  }

  /**
   * A block of a type not known, or too short for its type: kept as it is. Type 0x51, seen on
   * machines of 2022, is one; Linux steps over such blocks, too.
   *
   * @param at where it is
   * @param type the number of its type
   * @param flags its second byte
   * @param content what follows the length, two hexadecimal digits a byte
   */
  record Unknown(Extent at, int type, int flags, String content) implements IvrsBlock {

    /**
     * {@return the device id, where blocks of all known types have it; empty if the block is too
     * short for one} Linux reads it of unknown types too.
     */
    public Optional<RequesterId> device() {
      byte[] bytes = HexFormat.of().parseHex(content);
      return bytes.length < Short.BYTES
          ? Optional.empty()
          : Optional.of(
              new RequesterId(
                  Short.toUnsignedInt(
                      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getShort())));
    }

    @Override
    public List<String> flagNames() {
      return List.of();
    }
  }
}
