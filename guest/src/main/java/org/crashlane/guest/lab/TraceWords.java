// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static java.util.Map.entry;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.vtd.FaultReason;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.pci.RequesterId;

/** QEMU's trace of its Intel IOMMU (hw/i386/trace-events, QEMU 7.2) in words. */
final class TraceWords {
  private static final Pattern ACCESS =
      Pattern.compile(
          "vtd_reg_(read|write) addr (0x[0-9a-f]+) size 0x[0-9a-f]+(?: value (0x[0-9a-f]+))?");

  private static final Pattern FAULT =
      Pattern.compile(
          "vtd_dmar_fault sid (0x[0-9a-f]{1,4}) fault ([0-9]{1,3}) addr (0x[0-9a-f]+)"
              + " write ([01])");

  /** A register of 64 bits may be accessed by halves; then the upper one has an address too. */
  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          entry(Registers.VER, "VER"),
          entry(Registers.CAP, "CAP"),
          entry(Registers.ECAP, "ECAP"),
          entry(Registers.GCMD, "GCMD"),
          entry(Registers.GSTS, "GSTS"),
          entry(Registers.RTADDR, "RTADDR"),
          entry(Registers.RTADDR + Integer.BYTES, "RTADDR, upper half"),
          entry(Registers.CCMD, "CCMD"),
          entry(Registers.CCMD + Integer.BYTES, "CCMD, upper half"),
          entry(Registers.FSTS, "FSTS"),
          entry(Registers.FECTL, "FECTL"),
          entry(Registers.FECTL + Integer.BYTES, "FEDATA"),
          entry(Registers.FECTL + 2 * Integer.BYTES, "FEADDR"),
          entry(Registers.FECTL + 2 * Integer.BYTES + Integer.BYTES, "FEUADDR"),
          entry(Registers.PMEN, "PMEN"),
          entry(Registers.IQH, "IQH"),
          entry(Registers.IQT, "IQT"),
          entry(Registers.IQA, "IQA"),
          entry(Registers.IQA + Integer.BYTES, "IQA, upper half"),
          entry(Registers.IRTA, "IRTA"),
          entry(Registers.IRTA + Integer.BYTES, "IRTA, upper half"));

  private TraceWords() {}

  /** {@return {@code line} in words; the line itself where it is of another kind} */
  static String of(String line) {
    Matcher access = ACCESS.matcher(line);
    if (access.matches()) {
      return access(access);
    }
    Matcher fault = FAULT.matcher(line);
    return fault.matches() ? fault(fault) : line;
  }

  private static String access(Matcher access) {
    long offset = Hex.parse(access.group(2));
    String register = "register " + Hex.of(offset);
    String name = offset == (int) offset ? NAMES.getOrDefault((int) offset, "") : "";
    String subject = name.isEmpty() ? register : name + " (" + register + ")";
    return access.group(1).equals("read")
        ? "read of " + subject
        : "write of " + access.group(3) + " to " + subject;
  }

  private static String fault(Matcher fault) {
    int code = Integer.parseInt(fault.group(2));
    RequesterId requester = new RequesterId(Math.toIntExact(Hex.parse(fault.group(1))));
    String meaning = FaultReason.of(code).map(reason -> " (" + reason.meaning() + ")").orElse("");
    return "%s of %s by %s blocked: fault reason %s%s"
        .formatted(
            fault.group(4).equals("1") ? "write" : "read",
            fault.group(3),
            requester,
            Hex.of(code),
            meaning);
  }
}
