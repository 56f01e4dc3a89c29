// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.crashlane.guest.lab.boot.CpioArchive;
import org.crashlane.rehearsal.CrashOutcome.Grade;
import org.crashlane.rehearsal.DumpOutcome.Unread;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Quantity;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An initramfs that is not the lab's writes the dump. */
@Tag("lab")
class CaptureSystemTest {
  private static final Path BUSYBOX = Path.of("/bin/busybox");

  @TempDir private Path directory;

  /** An initramfs that copies {@code /proc/vmcore} to that block of 1 MiB of the disk. */
  private Path initrd(int block) throws IOException {
    String init =
        String.join(
            "\n",
            "#!/bin/busybox sh",
            "export PATH=/bin",
            "busybox mount -t proc proc /proc",
            "busybox mount -t devtmpfs dev /dev",
            "while [ ! -b /dev/nvme0n1 ]; do busybox sleep 0.1; done",
            "busybox dd if=/proc/vmcore of=/dev/nvme0n1 bs=1M seek=" + block + " conv=notrunc",
            "busybox sync",
            "echo '<0>saved vmcore in /var/crash' > /dev/kmsg",
            "busybox reboot -f",
            "");
    Path file = directory.resolve("initrd");
    try (CpioArchive archive =
        new CpioArchive(new BufferedOutputStream(Files.newOutputStream(file)))) {
      for (String mountPoint : new String[] {"proc", "dev", "bin"}) {
        archive.directory(mountPoint);
      }
      archive.device("dev/console", 5, 1);
      archive.file("init", init.getBytes(StandardCharsets.UTF_8));
      archive.file("bin/busybox", BUSYBOX);
      archive.link("bin/sh", "busybox");
    }
    return file;
  }

  private static Rehearsal crashed(Path initrd, Optional<Path> disk) throws IOException {
    return StagedCrash.of(
        GuestConfig.defaults()
            .withKernels(
                kernels -> kernels.withCaptureSystem(new CaptureSystem.Given(initrd, disk))),
        Scenario.of(MappingMode.VTD, Strategy.OFF));
  }

  @Test
  void aDumpAtTheBeginningOfTheDiskIsCompared() throws IOException {
    assertInstanceOf(Written.class, crashed(initrd(0), Optional.empty()).observations().dump());
  }

  @Tag("long")
  @Test
  void oneThatIsElsewhereOnAGivenDiskIsNotRead() throws IOException {
    Path disk = directory.resolve("disk.raw");
    Files.write(disk, "somebody's boot sector".getBytes(StandardCharsets.UTF_8));
    byte[] before = Files.readAllBytes(disk);
    Rehearsal rehearsal = crashed(initrd(1), Optional.of(disk));
    Unread unread = assertInstanceOf(Unread.class, rehearsal.observations().dump());
    Amount written = assertInstanceOf(Amount.class, unread.reasons().getFirst());
    assertEquals(Quantity.BYTES_WRITTEN_TO_DISK, written.what());
    assertTrue(written.count() > 100L << 20, written::toString);
    assertTrue(unread.reasons().toString().contains("saved vmcore in /var/crash"));
    assertEquals(Grade.UNKNOWN, rehearsal.outcome().grade());
    assertEquals(-1, Arrays.mismatch(before, Files.readAllBytes(disk)));
  }
}
