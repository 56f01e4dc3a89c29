// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.amdvi;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.bits.Hex;
import org.crashlane.guest.live.GuestIommu;
import org.crashlane.pci.RequesterId;

/**
 * Requests that QEMU's AMD IOMMU blocked in words.
 *
 * <p>QEMU 7.2 writes no event log, and names neither the reason nor the direction. A blocked
 * request shows as one that was translated to 0 (amdvi_do_translate() in hw/i386/amd_iommu.c); one
 * that a leaf maps without the right it wants shows nowhere. A blocked interrupt has an event.
 */
final class FaultWords {
  private static final Pattern TRANSLATED =
      Pattern.compile(
          "amdvi_translation_result devid: ([0-9a-f]{2}:[0-9a-f]{2}\\.[0-7])"
              + " gpa (0x[0-9a-f]{1,16}) hpa (?:0x0|0)");
  private static final Pattern INTERRUPT =
      Pattern.compile(
          "amdvi_ir_remap_msi_req addr (0x[0-9a-f]{1,16}) data (0x[0-9a-f]{1,16})"
              + " devid (0x[0-9a-f]{1,4})");
  private static final Pattern NOT_DELIVERED =
      Pattern.compile("amdvi_(?:ir_target_abort|ir_err|err) (.*)");

  private FaultWords() {}

  /** {@return memory requests that were blocked, one line each} */
  static List<String> requests(List<String> trace) {
    return trace.stream()
        .map(TRANSLATED::matcher)
        .filter(Matcher::matches)
        .map(blocked -> "request at %s by %s blocked".formatted(blocked.group(2), blocked.group(1)))
        .toList();
  }

  /** {@return interrupts that were blocked, one line each} */
  static List<String> interrupts(List<String> trace) {
    List<String> blocked = new ArrayList<>();
    String interrupt = "interrupt";
    for (String line : trace) {
      Matcher sent = INTERRUPT.matcher(line);
      Matcher lost = NOT_DELIVERED.matcher(line);
      if (sent.matches()) {
        interrupt = interrupt(sent);
      } else if (lost.matches()) {
        blocked.add(interrupt + " blocked: " + lost.group(1));
      }
    }
    return blocked;
  }

  private static String interrupt(Matcher sent) {
    RequesterId source = new RequesterId(Math.toIntExact(Hex.parse(sent.group(3))));
    return "interrupt (address %s, data %s) of %s%s"
        .formatted(
            sent.group(1),
            sent.group(2),
            source,
            source.equals(GuestIommu.AMD_IO_APIC) ? ", the IOAPIC," : "");
  }
}
