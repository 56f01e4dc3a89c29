// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.amdvi;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.bits.Hex;
import org.crashlane.guest.live.GuestIommu;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Quote;
import org.crashlane.rule.Evidence.Source;
import org.crashlane.rule.Sighting.Blocked;
import org.crashlane.rule.Sighting.BlockedInterrupt;
import org.crashlane.rule.Subject.IoApic;
import org.crashlane.rule.Subject.Requesters;

/**
 * Requests that QEMU's AMD IOMMU blocked.
 *
 * <p>QEMU (7.2 and 10.0) writes no event log, and names neither the reason nor the direction. A
 * blocked request shows as one that was translated to 0 (amdvi_do_translate() in
 * hw/i386/amd_iommu.c); one that a leaf maps without the right it wants shows nowhere. A blocked
 * interrupt has an event.
 */
final class BlockedRequests {
  private static final String TRANSLATION = "amdvi_translation_result ";
  private static final Set<String> NOWHERE = Set.of("0", "0x0");
  private static final Pattern TRANSLATED =
      Pattern.compile(
          TRANSLATION
              + "devid: ([0-9a-f]{2}:[01][0-9a-f]\\.[0-7])"
              + " gpa (0x[0-9a-f]{1,16}) hpa (0x[0-9a-f]{1,16}|0)");
  private static final Pattern INTERRUPT =
      Pattern.compile(
          "amdvi_ir_remap_msi_req addr (0x[0-9a-f]{1,16}) data (0x[0-9a-f]{1,16})"
              + " devid (0x[0-9a-f]{1,4})");
  private static final Pattern NOT_DELIVERED =
      Pattern.compile("amdvi_(?:ir_target_abort|ir_err|err) (.*)");

  private BlockedRequests() {}

  /** {@return memory requests that were blocked, and lines about one that are not understood} */
  static List<Evidence> requests(List<String> trace) {
    List<Evidence> blocked = new ArrayList<>();
    for (String line : trace) {
      Matcher translated = TRANSLATED.matcher(line);
      if (!translated.matches()) {
        if (line.startsWith(TRANSLATION)) {
          blocked.add(new Quote(Source.QEMU_TRACE, line));
        }
      } else if (NOWHERE.contains(translated.group(3))) {
        blocked.add(
            new Blocked(RequesterId.parse(translated.group(1)), Hex.parse(translated.group(2))));
      }
    }
    return blocked;
  }

  /** {@return interrupts that were blocked} */
  static List<Evidence> interrupts(List<String> trace) {
    List<Evidence> blocked = new ArrayList<>();
    Optional<Matcher> last = Optional.empty();
    for (String line : trace) {
      Matcher sent = INTERRUPT.matcher(line);
      Matcher lost = NOT_DELIVERED.matcher(line);
      if (sent.matches()) {
        last = Optional.of(sent);
      } else if (lost.matches()) {
        blocked.add(
            last.<Evidence>map(message -> blocked(message, lost.group(1)))
                .orElseGet(() -> new Quote(Source.QEMU_TRACE, line)));
      }
    }
    return blocked;
  }

  private static Evidence blocked(Matcher message, String event) {
    RequesterId sender = RequesterId.ofPci(Math.toIntExact(Hex.parse(message.group(3))));
    return new BlockedInterrupt(
        sender.equals(GuestIommu.AMD_IO_APIC) ? new IoApic(sender) : new Requesters(sender),
        Hex.parse(message.group(1)),
        Hex.parse(message.group(2)),
        event);
  }
}
