// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.crashlane.acpi.IvhdEntry.AcpiHid;
import org.crashlane.acpi.IvhdEntry.AliasRangeStart;
import org.crashlane.acpi.IvhdEntry.AliasSelect;
import org.crashlane.acpi.IvhdEntry.All;
import org.crashlane.acpi.IvhdEntry.ExtendedRangeStart;
import org.crashlane.acpi.IvhdEntry.ExtendedSelect;
import org.crashlane.acpi.IvhdEntry.Pad;
import org.crashlane.acpi.IvhdEntry.RangeEnd;
import org.crashlane.acpi.IvhdEntry.RangeStart;
import org.crashlane.acpi.IvhdEntry.Select;
import org.crashlane.acpi.IvhdEntry.Special;
import org.crashlane.acpi.IvhdEntry.Unknown;
import org.crashlane.bits.ByteReader;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Reason.Code;
import org.crashlane.bits.Reason.Count;
import org.crashlane.bits.Reason.Device;
import org.crashlane.pci.RequesterId;

/**
 * Reads the device entries that fill the rest of an IVHD block. The length of an entry is in bits
 * 7:6 of its type, save that ACPI device entries (0xf0) carry it; entries of the types above have
 * no length that is known, so that none can be found behind one.
 */
final class IvhdEntryReader {
  private final int blockType;
  private final List<TableProblem> problems;

  /** The range that has begun but not ended: its first device. */
  private Optional<RequesterId> open = Optional.empty();

  /**
   * @param blockType type of the IVHD block
   * @param problems what is wrong is added here
   */
  IvhdEntryReader(int blockType, List<TableProblem> problems) {
    this.blockType = blockType;
    this.problems = problems;
  }

  /** Reads to the end of {@code in}, or to the first entry after which no next one can be found. */
  List<IvhdEntry> read(ByteReader in) {
    List<IvhdEntry> entries = new ArrayList<>();
    while (in.remaining() > 0) {
      long offset = in.offset();
      int type = in.u8("device entry type");
      int leftBytes = in.remaining();
      if (type == AcpiHid.TYPE) {
        Optional<AcpiHid> device = acpiHid(offset, in);
        if (device.isEmpty()) {
          break;
        }
        entries.add(device.orElseThrow());
      } else if (type > IvrsLayout.FIRST_VARIABLE_TYPE) {
        problem(offset, Flaw.ENTRY_OF_UNKNOWN_LENGTH, new Code(type), new Count(leftBytes + 1));
        entries.add(unknown(type, new Extent(offset, leftBytes + 1), in));
      } else {
        int wantedBytes = fixedBytes(type) - 1;
        if (wantedBytes > leftBytes) {
          problem(
              offset,
              Flaw.ENTRY_CUT_OFF,
              new Code(type),
              new Count(wantedBytes + 1),
              new Count(leftBytes + 1));
          break;
        }
        Extent at = new Extent(offset, wantedBytes + 1);
        entries.add(entry(type, at, in.window(wantedBytes, "device entry")));
      }
    }
    open.ifPresent(
        first -> problem(in.offset(), Flaw.RANGE_WITHOUT_END, new Device(first.value())));
    return entries;
  }

  private static int fixedBytes(int type) {
    return IvrsLayout.ENTRY_BYTES_MIN << IvrsLayout.ENTRY_SIZE.get(type);
  }

  private IvhdEntry entry(int type, Extent at, ByteReader in) {
    return switch (type) {
      case Pad.TYPE, Pad.TYPE_8_BYTES -> new Pad(at, type);
      case All.TYPE -> {
        in.u16("reserved bytes");
        yield new All(at, settings(in));
      }
      case Select.TYPE -> new Select(at, requester(in), settings(in));
      case RangeStart.TYPE -> new RangeStart(at, opening(at, in), settings(in));
      case RangeEnd.TYPE -> new RangeEnd(at, closing(at, in));
      case AliasSelect.TYPE -> new AliasSelect(at, requester(in), settings(in), alias(in));
      case AliasRangeStart.TYPE ->
          new AliasRangeStart(at, opening(at, in), settings(in), alias(in));
      case ExtendedSelect.TYPE ->
          new ExtendedSelect(at, requester(in), settings(in), in.u32("extended data setting"));
      case ExtendedRangeStart.TYPE ->
          new ExtendedRangeStart(
              at, opening(at, in), settings(in), in.u32("extended data setting"));
      case Special.TYPE -> special(at, in);
      default -> unknown(type, at, in);
    };
  }

  private static Unknown unknown(int type, Extent at, ByteReader in) {
    byte[] content = in.bytes(in.remaining(), "device entry");
    return new Unknown(at, type, HexFormat.of().formatHex(content));
  }

  private Special special(Extent at, ByteReader in) {
    in.u16("reserved bytes");
    int settings = settings(in);
    int handle = in.u8("handle");
    Special device = new Special(at, settings, handle, requester(in), in.u8("variety"));
    if (device.kind() == Special.Variety.UNKNOWN) {
      problem(at.offset(), Flaw.UNKNOWN_SPECIAL_DEVICE, new Count(device.variety()));
    }
    return device;
  }

  /** Reads an ACPI device; empty if it does not fit into its block. */
  private Optional<AcpiHid> acpiHid(long offset, ByteReader in) {
    int leftBytes = in.remaining();
    if (leftBytes < IvrsLayout.ACPI_HID_FIXED_BYTES) {
      problem(offset, Flaw.ACPI_DEVICE_CUT_OFF, new Count(leftBytes));
      return Optional.empty();
    }
    if (blockType != IvrsLayout.IVHD_40H) {
      problem(offset, Flaw.ACPI_DEVICE_IN_OLD_BLOCK, new Code(blockType));
    }
    RequesterId device = requester(in);
    int settings = settings(in);
    String hardwareId = id(in, "hardware id");
    String compatibleId = id(in, "compatible id");
    int form = in.u8("unique id format");
    int idBytes = in.u8("unique id length");
    if (idBytes > in.remaining()) {
      problem(offset, Flaw.UNIQUE_ID_CUT_OFF, new Count(idBytes), new Count(in.remaining()));
      return Optional.empty();
    }
    String uniqueId = uniqueId(offset, form, in.bytes(idBytes, "unique id"));
    Extent at = new Extent(offset, (int) (in.offset() - offset));
    return Optional.of(new AcpiHid(at, device, settings, hardwareId, compatibleId, uniqueId));
  }

  private String uniqueId(long offset, int form, byte[] id) {
    ByteReader in = ByteReader.of("unique id", id);
    boolean fits =
        switch (form) {
          case IvrsLayout.UID_NOT_PRESENT -> id.length == 0;
          case IvrsLayout.UID_IS_INTEGER -> id.length == Long.BYTES;
          default -> form == IvrsLayout.UID_IS_STRING;
        };
    if (!fits) {
      Reason reason =
          Reason.of(Flaw.UNIQUE_ID_OF_OTHER_FORMAT, new Count(id.length), new Count(form));
      problems.add(new TableProblem(offset, reason, false));
      return HexFormat.of().formatHex(id);
    }
    return form == IvrsLayout.UID_IS_INTEGER
        ? Long.toUnsignedString(in.u64("unique id"))
        : in.text(id.length, "unique id");
  }

  private static String id(ByteReader in, String field) {
    String text = in.text(IvrsLayout.ACPI_ID_BYTES, field);
    int zero = text.indexOf('\0');
    return zero < 0 ? text : text.substring(0, zero);
  }

  private RequesterId opening(Extent at, ByteReader in) {
    RequesterId first = requester(in);
    open.ifPresent(
        before -> problem(at.offset(), Flaw.RANGE_WITHOUT_END, new Device(before.value())));
    open = Optional.of(first);
    return first;
  }

  private RequesterId closing(Extent at, ByteReader in) {
    RequesterId last = requester(in);
    if (open.isEmpty()) {
      problem(at.offset(), Flaw.RANGE_WITHOUT_BEGINNING, new Device(last.value()));
    } else if (open.orElseThrow().compareTo(last) > 0) {
      problem(
          at.offset(),
          Flaw.RANGE_BACKWARDS,
          new Device(open.orElseThrow().value()),
          new Device(last.value()));
    }
    open = Optional.empty();
    return last;
  }

  private static RequesterId requester(ByteReader in) {
    return new RequesterId(in.u16("device id"));
  }

  private static int settings(ByteReader in) {
    return in.u8("data setting");
  }

  private static RequesterId alias(ByteReader in) {
    in.u8("reserved byte");
    return requester(in);
  }

  private void problem(long offset, Flaw flaw, Reason.Detail... details) {
    problems.add(new TableProblem(offset, Reason.of(flaw, details)));
  }
}
