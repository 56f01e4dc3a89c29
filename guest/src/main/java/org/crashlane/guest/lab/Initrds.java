// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.crashlane.guest.lab.boot.CpioArchive;
import org.crashlane.guest.lab.iommu.HidingTable;
import org.crashlane.guest.lab.net.NetworkCard;
import org.crashlane.guest.lab.parts.KernelParts;
import org.crashlane.guest.lab.parts.LabParts;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;

/**
 * The initramfs of each role: a small uncompressed archive made for the run, then the cached
 * system. Linux unpacks archives that stand behind each other, compressed or not
 * (init/initramfs.c), and looks for ACPI tables in the uncompressed ones in front.
 */
final class Initrds {
  /** The writer's place on the disk, 1.5 GiB in, in blocks of 64 KiB; the dump begins at 0. */
  private static final int LOAD_SEEK_BLOCK = 24_576;

  private static final int DISK_WAIT_TENTHS = 200;
  private static final int DUMP_SECONDS = 60;

  /** An emulated network is slower, and the host waits no longer for the capture kernel. */
  private static final int SENDING_SECONDS = 150;

  private static final int GO_WAIT_SECONDS = 600;

  private Initrds() {}

  /** Writes the primary's initramfs, with the capture kernel and its initramfs inside. */
  static Path write(Path directory, LabParts parts, GuestConfig config, Scenario scenario)
      throws IOException {
    KernelParts primaryKernel = parts.kernel(config.kernels().primary());
    KernelParts captureKernel = parts.kernel(config.captureKernel(scenario.strategy()));
    Path capture = writeCapture(directory, captureKernel, config, scenario);

    Path primary = directory.resolve("primary.cpio");
    try (CpioArchive archive = create(primary)) {
      archive.file("lab.conf", settings(primaryKernel, config, scenario));
      archive.file("boot/vmlinuz", captureKernel.image());
      archive.file("boot/capture.cpio", capture);
      if (config.hardware().devices().card().equals(Optional.of(NetworkCard.ASSIGNED))) {
        addHolder(archive, parts);
      }
      if (armsInside(scenario)) {
        Optional<Path> module = primaryKernel.handModule();
        archive.file(
            "crashlane_arm.ko",
            module.orElseThrow(
                () -> new IllegalArgumentException("the kernel module was not built")));
      }
    }
    append(primaryKernel.systemArchive(), primary);
    Files.delete(capture);
    return primary;
  }

  /** Adds the program that holds an assigned card, and what runs it. */
  private static void addHolder(CpioArchive archive, LabParts parts) throws IOException {
    archive.file("assigned.pl", NetworkCard.holder());
    List<Path> perl = parts.withLibraries("perl");
    archive.file("bin/perl", perl.getFirst());
    for (Path library : perl.subList(1, perl.size())) {
      archive.file(library.toString().substring(1), library);
    }
  }

  private static Path writeCapture(
      Path directory, KernelParts kernel, GuestConfig config, Scenario scenario)
      throws IOException {
    Path capture = directory.resolve("capture.cpio");
    CaptureSystem system = config.kernels().captureSystem();
    try (CpioArchive archive = create(capture)) {
      if (config.needsHiding(scenario.strategy())) {
        HidingTable table = config.iommu().hidingTable();
        archive.file(table.archivePath(), table.bytes());
      }
      if (system instanceof CaptureSystem.OfLab) {
        archive.file("lab.conf", settings(kernel, config, scenario));
      }
    }
    switch (system) {
      case CaptureSystem.OfLab _ -> append(kernel.systemArchive(), capture);
      case CaptureSystem.Given(Path initrd, _) -> append(initrd, capture);
    }
    return capture;
  }

  /** {@return {@code lab.conf}: what {@code init.sh} must know, as shell assignments} */
  static byte[] settings(KernelParts kernel, GuestConfig config, Scenario scenario) {
    Devices devices = config.hardware().devices();
    Set<String> modules = modules(kernel, devices.disk().drivers());
    Set<String> ofSecond =
        modules(kernel, devices.secondDisk().map(DiskKind::drivers).orElse(List.of()));
    ofSecond.removeAll(modules);
    Optional<NetworkCard> card = devices.card();
    Set<String> ofCard = modules(kernel, card.map(NetworkCard::drivers).orElse(List.of()));
    String text =
        String.join(
            "\n",
            "IOMMU_TABLE=" + quoted(config.iommu().hidingTable().signature()),
            "DISK=" + quoted(devices.disk().blockDevice()),
            "SECOND_DISK=" + quoted(devices.secondDisk().map(DiskKind::blockDevice).orElse("")),
            "MODULES=" + quoted(String.join(" ", modules)),
            "SECOND_MODULES=" + quoted(String.join(" ", ofSecond)),
            "CARD_MODULES=" + quoted(String.join(" ", ofCard)),
            "CARD=" + quoted(card.map(NetworkCard::label).orElse("")),
            "CARD_MEMORY=" + quoted(NetworkCard.assignedMemory()),
            "CAPTURE_ARGS=" + quoted(KernelArguments.capture(config, scenario)),
            "INSIDE_HAND=" + (armsInside(scenario) ? "yes" : "no"),
            // A disk that holds somebody's file systems is only read.
            "LOAD_SEEK_BLOCK="
                + (config.kernels().captureSystem() instanceof CaptureSystem.OfLab
                    ? LOAD_SEEK_BLOCK
                    : ""),
            "DISK_WAIT_TENTHS=" + DISK_WAIT_TENTHS,
            "DUMP_SECONDS=" + (devices.dumpsToNetwork() ? SENDING_SECONDS : DUMP_SECONDS),
            "GO_WAIT_SECONDS=" + GO_WAIT_SECONDS,
            "");
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Set<String> modules(KernelParts kernel, List<String> drivers) {
    Set<String> modules = new LinkedHashSet<>();
    drivers.forEach(driver -> modules.addAll(kernel.modulesFor(driver)));
    return modules;
  }

  private static boolean armsInside(Scenario scenario) {
    return scenario.hand().equals(Optional.of(HandKind.INSIDE));
  }

  /** {@return {@code text} as one word of the shell, nothing in it expanded} */
  private static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }

  private static CpioArchive create(Path file) throws IOException {
    return new CpioArchive(new BufferedOutputStream(Files.newOutputStream(file)));
  }

  private static void append(Path tail, Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.APPEND)) {
      Files.copy(tail, out);
    }
  }
}
