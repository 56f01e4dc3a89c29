// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.util.List;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.memory.AddressRange;

/**
 * The guest of a run.
 *
 * @param memoryBytes its RAM, a multiple of 2 MiB
 * @param cpuCount processors of the primary; the capture kernel uses one
 * @param disk what the dump goes to
 * @param flavour which of Debian's kernels boots; AHCI needs {@link KernelFlavour#FULL}
 * @param kaslr whether the kernels place themselves at random
 * @param crashkernel what stands behind {@code crashkernel=}
 * @param more options that are passed on as they are
 * @param limits how long each phase may take
 */
public record GuestConfig(
    long memoryBytes,
    int cpuCount,
    DiskKind disk,
    KernelFlavour flavour,
    boolean kaslr,
    String crashkernel,
    MoreOptions more,
    PhaseLimits limits) {
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;
  private static final long SMALLEST_BYTES = 512 * MIB;

  /** Low enough to be in every guest's memory, and far from where crash ranges are reserved. */
  private static final AddressRange ARENA = AddressRange.ofSize(256 * MIB, MIB);

  /**
   * Options that are passed on as they are.
   *
   * @param iommu of QEMU's {@code intel-iommu} device
   * @param primary for the primary kernel's command line
   * @param capture for the capture kernel's
   * @param qemu for QEMU
   */
  public record MoreOptions(
      List<String> iommu, List<String> primary, List<String> capture, List<String> qemu) {

    /** {@return none, and an IOMMU that neither remaps interrupts nor wants invalidations} */
    public static MoreOptions none() {
      return new MoreOptions(
          List.of("intremap=off", "caching-mode=off"), List.of(), List.of(), List.of());
    }

    public MoreOptions {
      iommu = List.copyOf(iommu);
      primary = List.copyOf(primary);
      capture = List.copyOf(capture);
      qemu = List.copyOf(qemu);
    }
  }

  public GuestConfig {
    if (memoryBytes < SMALLEST_BYTES || memoryBytes % (2 * MIB) != 0) {
      throw new IllegalArgumentException(
          "guest memory of "
              + memoryBytes
              + " bytes: wanted a multiple of 2 MiB, at least 512 MiB");
    }
    if (cpuCount < 1) {
      throw new IllegalArgumentException("guest with " + cpuCount + " processors");
    }
    if (disk == DiskKind.AHCI && flavour == KernelFlavour.CLOUD) {
      throw new IllegalArgumentException("Debian's cloud kernel has no AHCI driver");
    }
  }

  /** {@return 1 GiB, one processor, an NVMe disk, KASLR on, {@code crashkernel=256M}} */
  public static GuestConfig defaults() {
    return new GuestConfig(
        GIB,
        1,
        DiskKind.NVME,
        KernelFlavour.CLOUD,
        true,
        "256M",
        MoreOptions.none(),
        PhaseLimits.defaults());
  }

  /** {@return the same with that much RAM} */
  public GuestConfig withMemoryBytes(long bytes) {
    return new GuestConfig(bytes, cpuCount, disk, flavour, kaslr, crashkernel, more, limits);
  }

  /** {@return the same with that many processors} */
  public GuestConfig withCpuCount(int count) {
    return new GuestConfig(memoryBytes, count, disk, flavour, kaslr, crashkernel, more, limits);
  }

  /** {@return the same with that disk, and a kernel that has its driver} */
  public GuestConfig withDisk(DiskKind kind) {
    KernelFlavour kernel = kind == DiskKind.AHCI ? KernelFlavour.FULL : flavour;
    return new GuestConfig(memoryBytes, cpuCount, kind, kernel, kaslr, crashkernel, more, limits);
  }

  /** {@return the same with that kernel} */
  public GuestConfig withFlavour(KernelFlavour kernel) {
    return new GuestConfig(memoryBytes, cpuCount, disk, kernel, kaslr, crashkernel, more, limits);
  }

  /** {@return the same with KASLR on or off} */
  public GuestConfig withKaslr(boolean on) {
    return new GuestConfig(memoryBytes, cpuCount, disk, flavour, on, crashkernel, more, limits);
  }

  /** {@return the same with that behind {@code crashkernel=}} */
  public GuestConfig withCrashkernel(String text) {
    return new GuestConfig(memoryBytes, cpuCount, disk, flavour, kaslr, text, more, limits);
  }

  /** {@return the same with these options} */
  public GuestConfig withMore(MoreOptions options) {
    return new GuestConfig(
        memoryBytes, cpuCount, disk, flavour, kaslr, crashkernel, options, limits);
  }

  /** {@return the same with these limits} */
  public GuestConfig withLimits(PhaseLimits phaseLimits) {
    return new GuestConfig(
        memoryBytes, cpuCount, disk, flavour, kaslr, crashkernel, more, phaseLimits);
  }

  /** {@return memory that neither kernel uses, for new table pages} */
  public AddressRange arena() {
    return ARENA;
  }
}
