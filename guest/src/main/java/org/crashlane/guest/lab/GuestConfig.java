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
 * @param iommuOptions of QEMU's {@code intel-iommu} device
 * @param primaryArguments more for the primary kernel's command line
 * @param captureArguments more for the capture kernel's
 * @param qemuArguments more for QEMU
 * @param limits how long each phase may take
 */
public record GuestConfig(
    long memoryBytes,
    int cpuCount,
    DiskKind disk,
    KernelFlavour flavour,
    boolean kaslr,
    String crashkernel,
    List<String> iommuOptions,
    List<String> primaryArguments,
    List<String> captureArguments,
    List<String> qemuArguments,
    PhaseLimits limits) {
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;
  private static final long SMALLEST_BYTES = 512 * MIB;

  /** Low enough to be in every guest's memory, and far from where crash ranges are reserved. */
  private static final AddressRange ARENA = AddressRange.ofSize(256 * MIB, MIB);

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
    iommuOptions = List.copyOf(iommuOptions);
    primaryArguments = List.copyOf(primaryArguments);
    captureArguments = List.copyOf(captureArguments);
    qemuArguments = List.copyOf(qemuArguments);
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
        List.of("intremap=off", "caching-mode=off"),
        List.of(),
        List.of(),
        List.of(),
        PhaseLimits.defaults());
  }

  /** {@return the same with that much RAM} */
  public GuestConfig withMemoryBytes(long bytes) {
    return new GuestConfig(
        bytes,
        cpuCount,
        disk,
        flavour,
        kaslr,
        crashkernel,
        iommuOptions,
        primaryArguments,
        captureArguments,
        qemuArguments,
        limits);
  }

  /** {@return the same with that many processors} */
  public GuestConfig withCpuCount(int count) {
    return new GuestConfig(
        memoryBytes,
        count,
        disk,
        flavour,
        kaslr,
        crashkernel,
        iommuOptions,
        primaryArguments,
        captureArguments,
        qemuArguments,
        limits);
  }

  /** {@return the same with that disk, and the kernel that has its driver} */
  public GuestConfig withDisk(DiskKind kind) {
    KernelFlavour needed = kind == DiskKind.AHCI ? KernelFlavour.FULL : flavour;
    return new GuestConfig(
        memoryBytes,
        cpuCount,
        kind,
        needed,
        kaslr,
        crashkernel,
        iommuOptions,
        primaryArguments,
        captureArguments,
        qemuArguments,
        limits);
  }

  /** {@return the same with that kernel} */
  public GuestConfig withFlavour(KernelFlavour kernel) {
    return new GuestConfig(
        memoryBytes,
        cpuCount,
        disk,
        kernel,
        kaslr,
        crashkernel,
        iommuOptions,
        primaryArguments,
        captureArguments,
        qemuArguments,
        limits);
  }

  /** {@return the same with KASLR on or off} */
  public GuestConfig withKaslr(boolean on) {
    return new GuestConfig(
        memoryBytes,
        cpuCount,
        disk,
        flavour,
        on,
        crashkernel,
        iommuOptions,
        primaryArguments,
        captureArguments,
        qemuArguments,
        limits);
  }

  /** {@return the same with that behind {@code crashkernel=}} */
  public GuestConfig withCrashkernel(String text) {
    return new GuestConfig(
        memoryBytes,
        cpuCount,
        disk,
        flavour,
        kaslr,
        text,
        iommuOptions,
        primaryArguments,
        captureArguments,
        qemuArguments,
        limits);
  }

  /** {@return the same with these limits} */
  public GuestConfig withLimits(PhaseLimits phaseLimits) {
    return new GuestConfig(
        memoryBytes,
        cpuCount,
        disk,
        flavour,
        kaslr,
        crashkernel,
        iommuOptions,
        primaryArguments,
        captureArguments,
        qemuArguments,
        phaseLimits);
  }

  /** {@return the same with more for the primary kernel's command line} */
  public GuestConfig withPrimaryArguments(List<String> arguments) {
    return new GuestConfig(
        memoryBytes,
        cpuCount,
        disk,
        flavour,
        kaslr,
        crashkernel,
        iommuOptions,
        arguments,
        captureArguments,
        qemuArguments,
        limits);
  }

  /** {@return the same with these options of QEMU's IOMMU} */
  public GuestConfig withIommuOptions(List<String> options) {
    return new GuestConfig(
        memoryBytes,
        cpuCount,
        disk,
        flavour,
        kaslr,
        crashkernel,
        options,
        primaryArguments,
        captureArguments,
        qemuArguments,
        limits);
  }

  /** {@return memory that neither kernel uses, for new table pages} */
  public AddressRange arena() {
    return ARENA;
  }
}
