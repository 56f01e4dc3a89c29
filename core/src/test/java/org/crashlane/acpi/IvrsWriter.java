// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.crashlane.acpi.IvrsBlock.Ivhd;
import org.crashlane.acpi.IvrsBlock.Ivmd;
import org.crashlane.pci.RequesterId;

/** Writes the blocks of an IVRS table in hexadecimal, without the reader's layout classes. */
final class IvrsWriter {
  private IvrsWriter() {}

  static String hex(IvrsBlock block) {
    String head = u8(block.type()) + u8(block.flags()) + u16(block.at().lengthBytes());
    return head
        + switch (block) {
          case Ivhd ivhd -> content(ivhd);
          case Ivmd ivmd ->
              id(ivmd.device())
                  + id(ivmd.lastDevice())
                  + u16(ivmd.segment())
                  + "000000000000"
                  + u64(ivmd.start())
                  + u64(ivmd.lengthBytes());
          case IvrsBlock.Unknown unknown -> unknown.content();
        };
  }

  private static String content(Ivhd ivhd) {
    StringBuilder hex = new StringBuilder();
    hex.append(id(ivhd.device())).append(u16(ivhd.capabilityOffset()));
    hex.append(u64(ivhd.registerBase())).append(u16(ivhd.segment())).append(u16(ivhd.info()));
    hex.append(u32(ivhd.features()));
    ivhd.extended().ifPresent(efr -> hex.append(u64(efr.register())).append(u64(efr.second())));
    ivhd.entries().forEach(entry -> hex.append(u8(entry.type())).append(content(entry)));
    return hex.toString();
  }

  private static String content(IvhdEntry entry) {
    return switch (entry) {
      case IvhdEntry.Pad pad -> "ee".repeat(pad.at().lengthBytes() - 1);
      case IvhdEntry.All all -> "eeee" + u8(all.settings());
      case IvhdEntry.Select one -> id(one.device()) + u8(one.settings());
      case IvhdEntry.RangeStart start -> id(start.device()) + u8(start.settings());
      case IvhdEntry.RangeEnd end -> id(end.device()) + "ee";
      case IvhdEntry.AliasSelect one ->
          id(one.device()) + u8(one.settings()) + "ee" + id(one.alias()) + "ee";
      case IvhdEntry.AliasRangeStart start ->
          id(start.device()) + u8(start.settings()) + "ee" + id(start.alias()) + "ee";
      case IvhdEntry.ExtendedSelect one ->
          id(one.device()) + u8(one.settings()) + u32(one.extended());
      case IvhdEntry.ExtendedRangeStart start ->
          id(start.device()) + u8(start.settings()) + u32(start.extended());
      case IvhdEntry.Special special ->
          "eeee"
              + u8(special.settings())
              + u8(special.handle())
              + id(special.device())
              + u8(special.variety());
      case IvhdEntry.AcpiHid acpi ->
          id(acpi.device())
              + u8(acpi.settings())
              + text(acpi.hardwareId(), 8)
              + text(acpi.compatibleId(), 8)
              + (acpi.uniqueId().isEmpty() ? "00" : "02")
              + u8(acpi.uniqueId().length())
              + text(acpi.uniqueId(), acpi.uniqueId().length());
      case IvhdEntry.Unknown unknown -> unknown.content();
    };
  }

  private static String text(String text, int bytes) {
    String hex = HexFormat.of().formatHex(text.getBytes(StandardCharsets.ISO_8859_1));
    return hex + "00".repeat(bytes - text.length());
  }

  private static String id(RequesterId requester) {
    return u16(requester.value());
  }

  private static String u8(int value) {
    return HexFormat.of().toHexDigits((byte) value);
  }

  private static String u16(int value) {
    return HexFormat.of().toHexDigits(Short.reverseBytes((short) value));
  }

  private static String u32(long value) {
    return HexFormat.of().toHexDigits(Integer.reverseBytes((int) value));
  }

  private static String u64(long value) {
    return HexFormat.of().toHexDigits(Long.reverseBytes(value));
  }
}
