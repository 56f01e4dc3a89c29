// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** By what QEMU runs a guest's processors. */
public enum Accelerator {
  /** By translating their code: slow, and the same everywhere. */
  TCG("tcg,thread=multi", "off", "max"),

  /**
   * By the host's own, through Linux. The interrupt controllers of processors are then Linux's, and
   * the IOAPIC stays QEMU's: an IOMMU remaps interrupts only so.
   */
  KVM("kvm", "split", "host");

  private static final Path DEVICE = Path.of("/dev/kvm");

  private final String accel;
  private final String irqchip;
  private final String processor;

  Accelerator(String accel, String irqchip, String processor) {
    this.accel = accel;
    this.irqchip = irqchip;
    this.processor = processor;
  }

  /**
   * {@return the first options of QEMU's command line}
   *
   * @param machine further properties of the machine
   */
  public List<String> options(String machine) {
    return List.of(
        "-accel",
        accel,
        "-machine",
        "q35,kernel-irqchip=" + irqchip + "," + machine,
        "-cpu",
        processor);
  }

  /**
   * Looks whether it is there, before anything is made.
   *
   * @throws PartsUnavailableException if this machine does not have it for this user
   */
  void require() throws PartsUnavailableException {
    if (this == KVM && !Files.isWritable(DEVICE)) {
      throw new PartsUnavailableException(
          "--accel kvm: %s %s; --accel tcg does without"
              .formatted(
                  DEVICE,
                  Files.exists(DEVICE) ? "may not be opened by this user" : "is not there"));
    }
  }
}
