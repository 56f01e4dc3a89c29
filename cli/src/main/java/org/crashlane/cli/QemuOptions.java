// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.crashlane.guest.lab.DiskKind;
import org.crashlane.guest.lab.GuestConfig;
import org.crashlane.guest.lab.parts.KernelFlavour;
import picocli.CommandLine.Option;

/** Options of {@code rehearse} that stage qemu alone understands. */
final class QemuOptions {
  /** Their names, to refuse them elsewhere. */
  static final List<String> NAMES =
      List.of(
          "--hand",
          "--memory",
          "--cpus",
          "--crashkernel",
          "--disk",
          "--kernel",
          "--no-kaslr",
          "--keep");

  @Option(
      names = "--hand",
      converter = HandName.Converter.class,
      paramLabel = "HAND",
      description = "Who arms for identity: outside, inside or both; default: both.")
  private HandName hand = HandName.BOTH;

  @Option(
      names = "--memory",
      converter = SizeConverter.class,
      paramLabel = "SIZE",
      description = "The guest's memory; default: 1G.")
  private long memoryBytes = 1L << 30;

  @Option(
      names = "--cpus",
      paramLabel = "N",
      description = "Processors of the primary kernel; default: 1.")
  private int cpuCount = 1;

  @Option(
      names = "--crashkernel",
      paramLabel = "TEXT",
      description = "What stands behind crashkernel=, e.g. 512M,high; default: 256M.")
  private String crashkernel = "256M";

  @Option(
      names = "--disk",
      converter = DiskConverter.class,
      paramLabel = "KIND",
      description = "What takes the dump: nvme or ahci; default: nvme.")
  private DiskKind disk = DiskKind.NVME;

  @Option(
      names = "--kernel",
      converter = FlavourConverter.class,
      paramLabel = "FLAVOUR",
      description = "Debian's cloud or full kernel; ahci takes the full one. Default: cloud.")
  private KernelFlavour flavour = KernelFlavour.CLOUD;

  @Option(names = "--no-kaslr", description = "Boot the kernels with nokaslr.")
  private boolean withoutKaslr;

  @Option(
      names = "--keep",
      paramLabel = "DIR",
      description =
          "Keep consoles, the IOMMU's trace, the dump (vmcore) and the verdict there, in a folder "
              + "for each strategy.")
  private Optional<Path> keep = Optional.empty();

  /** Disks by name. */
  static final class DiskConverter extends Choice<DiskKind> {
    DiskConverter() {
      super(DiskKind.values());
    }
  }

  /** Kernels by name. */
  static final class FlavourConverter extends Choice<KernelFlavour> {
    FlavourConverter() {
      super(KernelFlavour.values());
    }
  }

  /** {@return the guest that they describe} */
  GuestConfig config() {
    return GuestConfig.defaults()
        .withMemoryBytes(memoryBytes)
        .withCpuCount(cpuCount)
        .withFlavour(flavour)
        .withDisk(disk)
        .withKaslr(!withoutKaslr)
        .withCrashkernel(crashkernel);
  }

  /** {@return who arms for identity} */
  HandName hand() {
    return hand;
  }

  /** {@return where evidence is kept, if it is} */
  Optional<Path> keep() {
    return keep;
  }
}
