// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.List;
import org.crashlane.pci.RequesterId;

/**
 * One device entry of an IVHD block (AMD specification 48882, "IVHD Device Entries"). Ranges are
 * two entries, a start and an end; {@link DeviceSpan} puts them together.
 */
public sealed interface IvhdEntry {

  /** {@return where it is in the table} */
  Extent at();

  /** {@return the number of its type} */
  default int type() {
    return switch (this) {
      case Pad pad -> pad.type();
      case All _ -> All.TYPE;
      case Select _ -> Select.TYPE;
      case RangeStart _ -> RangeStart.TYPE;
      case RangeEnd _ -> RangeEnd.TYPE;
      case AliasSelect _ -> AliasSelect.TYPE;
      case AliasRangeStart _ -> AliasRangeStart.TYPE;
      case ExtendedSelect _ -> ExtendedSelect.TYPE;
      case ExtendedRangeStart _ -> ExtendedRangeStart.TYPE;
      case Special _ -> Special.TYPE;
      case AcpiHid _ -> AcpiHid.TYPE;
      case Unknown unknown -> unknown.type();
    };
  }

  /** {@return what kind of entry it is, in words} */
  default String name() {
    return switch (this) {
      case Pad _ -> "padding";
      case All _ -> "all devices";
      case Select _, AliasSelect _, ExtendedSelect _ -> "device";
      case RangeStart _, AliasRangeStart _, ExtendedRangeStart _ -> "range from";
      case RangeEnd _ -> "range to";
      case Special _ -> "special device";
      case AcpiHid _ -> "ACPI device";
      case Unknown _ -> "unknown";
    };
  }

  /** An entry that says something of devices: which interrupts and messages pass untouched. */
  sealed interface WithSettings extends IvhdEntry {
    /** {@return the data setting, 8 bits; see {@link #settingNames()}} */
    int settings();

    /** {@return names of what passes} */
    default List<String> settingNames() {
      return FlagNames.of(
          settings(),
          IvrsLayout.INIT_PASS,
          IvrsLayout.EINT_PASS,
          IvrsLayout.NMI_PASS,
          IvrsLayout.SYS_MGT,
          IvrsLayout.LINT0_PASS,
          IvrsLayout.LINT1_PASS);
    }
  }

  /** Padding of 4 bytes (type 0) or 8 (type 0x40). */
  record Pad(Extent at, int type) implements IvhdEntry {
    static final int TYPE = 0x00;
    static final int TYPE_8_BYTES = 0x40;
  }

  /** Every device of the segment. */
  record All(Extent at, int settings) implements WithSettings {
    static final int TYPE = 0x01;
  }

  /** One device. */
  record Select(Extent at, RequesterId device, int settings) implements WithSettings {
    static final int TYPE = 0x02;
  }

  /** The first device of a range. */
  record RangeStart(Extent at, RequesterId device, int settings) implements WithSettings {
    static final int TYPE = 0x03;
  }

  /** The last device of the range that began before. */
  record RangeEnd(Extent at, RequesterId device) implements IvhdEntry {
    static final int TYPE = 0x04;
  }

  /**
   * One device whose requests carry another requester id.
   *
   * @param alias the requester id on the requests: the device table is indexed by it
   */
  record AliasSelect(Extent at, RequesterId device, int settings, RequesterId alias)
      implements WithSettings {
    static final int TYPE = 0x42;
  }

  /** The first of a range of devices whose requests carry {@code alias}. */
  record AliasRangeStart(Extent at, RequesterId device, int settings, RequesterId alias)
      implements WithSettings {
    static final int TYPE = 0x43;
  }

  /**
   * One device, with extended settings.
   *
   * @param extended 32 bits, as they are
   */
  record ExtendedSelect(Extent at, RequesterId device, int settings, long extended)
      implements WithSettings {
    static final int TYPE = 0x46;
  }

  /** The first of a range of devices with extended settings. */
  record ExtendedRangeStart(Extent at, RequesterId device, int settings, long extended)
      implements WithSettings {
    static final int TYPE = 0x47;
  }

  /**
   * A device that is no PCI function but makes requests with a requester id.
   *
   * @param handle I/O APIC id or HPET number
   * @param device the requester id of its requests
   * @param variety the number that {@link Variety} gives a name to
   */
  record Special(Extent at, int settings, int handle, RequesterId device, int variety)
      implements WithSettings {
    static final int TYPE = 0x48;

    /** What a special device is. */
    public enum Variety {
      IOAPIC,
      HPET,
      /** A number that the specification reserves. */
      UNKNOWN;

      private static final int IOAPIC_NUMBER = 1;
      private static final int HPET_NUMBER = 2;

      static Variety of(int number) {
        return switch (number) {
          case IOAPIC_NUMBER -> IOAPIC;
          case HPET_NUMBER -> HPET;
          default -> UNKNOWN;
        };
      }
    }

    /** {@return what the device is} */
    public Variety kind() {
      return Variety.of(variety);
    }
  }

  /**
   * A device that PCI does not enumerate.
   *
   * @param device the requester id of its requests
   * @param hardwareId ACPI {@code _HID}, without the zero bytes at its end
   * @param compatibleId ACPI {@code _CID}, without the zero bytes at its end
   * @param uniqueId ACPI {@code _UID}: text, or a number in decimal; empty if there is none
   */
  record AcpiHid(
      Extent at,
      RequesterId device,
      int settings,
      String hardwareId,
      String compatibleId,
      String uniqueId)
      implements WithSettings {
    static final int TYPE = 0xf0;

    /** {@return the hardware id in quotes, safe to print} */
    public String quotedHardwareId() {
      return Quoted.of(hardwareId);
    }
  }

  /**
   * An entry of a type not known: kept as it is.
   *
   * @param content what follows the type, two hexadecimal digits a byte
   */
  record Unknown(Extent at, int type, String content) implements IvhdEntry {}
}
