// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.util.List;
import java.util.regex.Pattern;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.bits.Printable;
import org.crashlane.guest.lab.iommu.HidingTable;
import org.crashlane.rehearsal.Scenario;

/** Whether a primary kernel is fit to be crashed: a crash that shows nothing is not worth one. */
final class Readiness {
  private static final int QUOTED_CHARS = 300;

  /** What kexec(8) prints of a capture kernel that does not fit: ENOMEM, EADDRNOTAVAIL. */
  private static final Pattern DOES_NOT_FIT =
      Pattern.compile("Cannot allocate memory|Cannot assign requested address");

  private Readiness() {}

  /**
   * Refuses a primary that is not ready.
   *
   * @param facts what it said of itself
   * @param console all that it printed
   * @throws CrashRangeTooSmallException if it has no room for the capture kernel
   * @throws LabException if something else is wrong with it
   */
  static void require(
      PrimaryFacts facts, GuestConfig config, Scenario scenario, List<String> console)
      throws LabException {
    if (!facts.captureKernelLoaded()) {
      throw notLoaded(facts, config, console);
    }
    if (!facts.warnings().isEmpty()) {
      throw refused("the primary kernel is not fit: " + facts.warnings().getFirst(), console);
    }
    if (facts.insideHandStatus().orElse(0) != 0) {
      throw refused(
          "the kernel module was not loaded: " + quoted(facts.insideHandLines()), console);
    }
    requireHidden(facts, config, scenario, console);
  }

  private static LabException notLoaded(
      PrimaryFacts facts, GuestConfig config, List<String> console) {
    String crashkernel = "crashkernel=" + config.kernels().crashkernel();
    if (facts.crashRanges().isEmpty()) {
      return refused(
          "the primary kernel reserved no crash range: "
              + crashkernel
              + " is not readable, or does not fit into the guest's memory",
          console);
    }
    String said = quoted(new Transcript(console).values("kexec-said"));
    String reason =
        "the capture kernel does not load with %s: kexec said: %s".formatted(crashkernel, said);
    return DOES_NOT_FIT.matcher(said).find()
        ? new CrashRangeTooSmallException(reason, console)
        : refused(reason, console);
  }

  private static void requireHidden(
      PrimaryFacts facts, GuestConfig config, Scenario scenario, List<String> console)
      throws LabException {
    try {
      HidingTable table = config.iommu().hidingTable();
      if (config.needsHiding(scenario.strategy())
          && !table.takesThePlaceOf(facts.firmwareTable())) {
        throw refused(
            "the %s override is not for this firmware's table".formatted(table.signature()),
            console);
      }
    } catch (MalformedInputException e) {
      throw refused(e.getMessage(), console);
    }
  }

  private static String quoted(List<String> lines) {
    return Printable.of(String.join("; ", lines), QUOTED_CHARS);
  }

  private static LabException refused(String reason, List<String> console) {
    return new LabException(Phase.BOOT, reason, console);
  }
}
