// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.vtd;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.vtd.FaultReason;
import org.crashlane.pci.RequesterId;

/** Requests that QEMU's Intel IOMMU blocked (hw/i386/trace-events, QEMU 7.2) in words. */
final class FaultWords {
  private static final Pattern FAULT =
      Pattern.compile(
          "vtd_dmar_fault sid (0x[0-9a-f]{1,4}) fault ([0-9]{1,3}) addr (0x[0-9a-f]+)"
              + " write ([01])");

  private FaultWords() {}

  /** {@return {@code line} in words; the line itself where it is of another kind} */
  static String of(String line) {
    Matcher fault = FAULT.matcher(line);
    return fault.matches() ? fault(fault) : line;
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
