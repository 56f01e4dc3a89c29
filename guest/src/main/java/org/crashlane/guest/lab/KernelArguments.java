// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.guest.lab.iommu.IommuSetup.Feature;
import org.crashlane.guest.lab.net.NetworkCard;
import org.crashlane.memory.AddressRange;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;

/** The command lines of both kernels. */
final class KernelArguments {
  private static final List<String> CONSOLE = List.of("console=ttyS0,115200", "loglevel=4");

  /**
   * A disk that does not answer is given up in seconds, under every strategy alike. A panic of the
   * capture kernel ends the run (QEMU does not reboot). Its script speaks through the kernel's log.
   */
  private static final List<String> CAPTURE =
      List.of(
          "maxcpus=1",
          "reset_devices",
          "nvme_core.admin_timeout=5",
          "nvme_core.io_timeout=5",
          "libata.ata_probe_timeout=2",
          "printk.devkmsg=on",
          "panic=1");

  /** Without interrupt remapping no device is assigned otherwise. */
  private static final String UNSAFE_INTERRUPTS = "vfio_iommu_type1.allow_unsafe_interrupts=1";

  private KernelArguments() {}

  /**
   * On a busy host the timer of an emulated machine is late, and Linux panics that finds it so
   * (check_timer() in arch/x86/kernel/apic/io_apic.c, 6.1). Where interrupts are remapped the check
   * shows whether they arrive, and stays.
   */
  private static List<String> ofBoth(GuestConfig config) {
    List<String> arguments = new ArrayList<>(CONSOLE);
    if (!config.hardware().iommu().has(Feature.INTERRUPT_REMAPPING)) {
      arguments.add("no_timer_check");
    }
    return arguments;
  }

  static String primary(GuestConfig config, Scenario scenario) {
    List<String> arguments = ofBoth(config);
    arguments.addAll(config.iommu().primaryArguments());
    arguments.addAll(config.iommu().linuxArguments(config.hardware().iommu()));
    arguments.add("crashkernel=" + config.kernels().crashkernel());
    if (scenario.hand().equals(Optional.of(HandKind.OUTSIDE))) {
      arguments.add(reserved(config.arena()));
    }
    arguments.add("panic=1");
    if (!config.kernels().kaslr()) {
      arguments.add("nokaslr");
    }
    if (config.hardware().devices().card().equals(Optional.of(NetworkCard.ASSIGNED))
        && !config.hardware().iommu().has(Feature.INTERRUPT_REMAPPING)) {
      arguments.add(UNSAFE_INTERRUPTS);
    }
    arguments.addAll(config.more().primary());
    return String.join(" ", arguments);
  }

  static String capture(GuestConfig config, Scenario scenario) {
    List<String> arguments = ofBoth(config);
    arguments.addAll(CAPTURE);
    if (!config.kernels().kaslr()) {
      arguments.add("nokaslr");
    }
    arguments.addAll(config.iommu().captureArguments(scenario.strategy()));
    if (!scenario.strategy().blind()) {
      arguments.addAll(config.iommu().linuxArguments(config.hardware().iommu()));
    }
    arguments.addAll(config.more().capture());
    return String.join(" ", arguments);
  }

  /** {@return {@code memmap=SIZE$START}: the kernel leaves that memory alone} */
  private static String reserved(AddressRange range) {
    return String.format("memmap=0x%x$0x%x", range.sizeBytes(), range.first());
  }
}
