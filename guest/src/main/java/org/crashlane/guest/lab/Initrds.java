// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.acpi.DmarOverride;
import org.crashlane.guest.lab.boot.CpioArchive;
import org.crashlane.guest.lab.boot.FirmwareTable;
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
  private static final int GO_WAIT_SECONDS = 600;

  private Initrds() {}

  /** Writes the primary's initramfs, with the capture kernel and its initramfs inside. */
  static Path write(Path directory, LabParts parts, GuestConfig config, Scenario scenario)
      throws IOException {
    byte[] settings = settings(parts, config, scenario).getBytes(StandardCharsets.UTF_8);
    Path capture = directory.resolve("capture.cpio");
    try (CpioArchive archive = create(capture)) {
      if (scenario.strategy().blind()) {
        archive.file(DmarOverride.ARCHIVE_PATH, FirmwareTable.override());
      }
      archive.file("lab.conf", settings);
    }
    append(parts.systemArchive(), capture);

    Path primary = directory.resolve("primary.cpio");
    try (CpioArchive archive = create(primary)) {
      archive.file("lab.conf", settings);
      archive.file("boot/vmlinuz", parts.kernelImage());
      archive.file("boot/capture.cpio", capture);
      if (armsInside(scenario)) {
        Optional<Path> module = parts.handModule();
        archive.file(
            "crashlane_arm.ko",
            module.orElseThrow(
                () -> new IllegalArgumentException("the inside hand's module was not built")));
      }
    }
    append(parts.systemArchive(), primary);
    Files.delete(capture);
    return primary;
  }

  /** {@return {@code lab.conf}: what {@code init.sh} must know, as shell assignments} */
  static String settings(LabParts parts, GuestConfig config, Scenario scenario) {
    List<String> modules = new ArrayList<>();
    for (String driver : config.disk().drivers()) {
      for (String module : parts.modulesFor(driver)) {
        if (!modules.contains(module)) {
          modules.add(module);
        }
      }
    }
    return String.join(
        "\n",
        "DISK=" + quoted(config.disk().blockDevice()),
        "MODULES=" + quoted(String.join(" ", modules)),
        "CAPTURE_ARGS=" + quoted(KernelArguments.capture(config, scenario)),
        "INSIDE_HAND=" + (armsInside(scenario) ? "yes" : "no"),
        "LOAD_SEEK_BLOCK=" + LOAD_SEEK_BLOCK,
        "DISK_WAIT_TENTHS=" + DISK_WAIT_TENTHS,
        "GO_WAIT_SECONDS=" + GO_WAIT_SECONDS,
        "");
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
