// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.crashlane.guest.lab.iommu.IommuSetup;
import org.crashlane.guest.lab.iommu.IommuSetup.Feature;
import org.crashlane.guest.lab.iommu.IommuSetup.LinuxOption;
import org.crashlane.guest.lab.iommu.LabIommu;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.guest.lab.parts.KernelSpec;
import org.crashlane.guest.lab.parts.LabKernel;
import org.crashlane.memory.AddressRange;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Strategy;

/**
 * The guest of a run.
 *
 * @param mapping how the primary kernel maps DMA: which IOMMU the guest has
 * @param hardware what else QEMU gives it
 * @param interruptsPrepared whether the interrupt tables are prepared from outside, right before
 *     the crash, to let an unaware capture kernel's interrupts through
 * @param kernels what boots
 * @param more options that are passed on as they are
 */
public record GuestConfig(
    MappingMode mapping,
    Hardware hardware,
    boolean interruptsPrepared,
    KernelChoice kernels,
    MoreOptions more) {
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;
  private static final long SMALLEST_BYTES = 512 * MIB;

  /** Low enough to be in every guest's memory, and far from where crash ranges are reserved. */
  private static final AddressRange ARENA = AddressRange.ofSize(256 * MIB, MIB);

  /**
   * What QEMU gives a guest.
   *
   * @param memoryBytes its RAM, a multiple of 2 MiB
   * @param cpuCount processors of the primary; the capture kernel uses one
   * @param devices what is on PCI
   * @param iommu what its IOMMU offers
   */
  public record Hardware(long memoryBytes, int cpuCount, Devices devices, IommuSetup iommu) {

    public Hardware {
      if (memoryBytes < SMALLEST_BYTES || memoryBytes % (2 * MIB) != 0) {
        throw new IllegalArgumentException(
            "guest memory of "
                + memoryBytes
                + " bytes: expected a multiple of 2 MiB, at least 512 MiB");
      }
      if (cpuCount < 1) {
        throw new IllegalArgumentException(
            "guest of " + cpuCount + " processors: expected at least 1");
      }
    }

    /**
     * What is usual is not said: kept results are known by this text, also those that are older
     * than the choice.
     */
    @Override
    public String toString() {
      StringBuilder text =
          new StringBuilder(
              "Hardware[memoryBytes=%d, cpuCount=%d, disk=%s, interruptRemapping=%b"
                  .formatted(
                      memoryBytes,
                      cpuCount,
                      devices.disk(),
                      iommu.has(Feature.INTERRUPT_REMAPPING)));
      if (devices.topology() != Topology.ROOT) {
        text.append(", topology=").append(devices.topology());
      }
      if (!devices.others().isEmpty()) {
        text.append(", others=").append(sorted(devices.others()));
      }
      Set<Feature> features = new HashSet<>(iommu.features());
      features.remove(Feature.INTERRUPT_REMAPPING);
      if (!features.isEmpty()) {
        text.append(", features=").append(sorted(features));
      }
      if (!iommu.options().isEmpty()) {
        text.append(", options=").append(sorted(iommu.options()));
      }
      return text.append(']').toString();
    }

    private static List<String> sorted(Set<?> values) {
      return values.stream().map(Object::toString).sorted().toList();
    }
  }

  /**
   * Options that are passed on as they are.
   *
   * @param iommu of QEMU's IOMMU device
   * @param primary for the primary kernel's command line
   * @param capture for the capture kernel's
   * @param qemu for QEMU
   */
  public record MoreOptions(
      List<String> iommu, List<String> primary, List<String> capture, List<String> qemu) {

    /** {@return none} */
    public static MoreOptions none() {
      return new MoreOptions(List.of(), List.of(), List.of(), List.of());
    }

    public MoreOptions {
      iommu = List.copyOf(iommu);
      primary = List.copyOf(primary);
      capture = List.copyOf(capture);
      qemu = List.copyOf(qemu);
    }
  }

  public GuestConfig {
    LabIommu iommu = LabIommus.of(mapping);
    if (!iommu.isDrivenBy(kernels.primary().flavour())) {
      throw new IllegalArgumentException(
          "Debian's %s kernel has no driver for %s"
              .formatted(kernels.primary().label(), mapping.title()));
    }
    for (DiskKind disk : hardware.devices().disks()) {
      if (!disk.isDrivenBy(kernels.primary().flavour())) {
        throw noDriver(disk);
      }
    }
    hardware
        .devices()
        .card()
        .filter(_ -> kernels.primary().flavour() == KernelFlavour.CLOUD)
        .ifPresent(card -> {
          throw new IllegalArgumentException(
              "Debian's cloud kernel has no driver for the guest's network card " + card.model());
        });
    if (!hardware
        .devices()
        .disk()
        .isDrivenBy(kernels.captureFlavour().orElse(KernelFlavour.FULL))) {
      throw noDriver(hardware.devices().disk());
    }
    if (kernels.captureSystem() instanceof CaptureSystem.Given
        && hardware.devices().card().isPresent()) {
      throw new IllegalArgumentException(
          "--capture-initrd beside a network card: when that system begins to run is not known, and"
              + " so not which frames count");
    }
    iommu.qemuOptions(hardware.iommu());
    if (hardware.devices().topology() == Topology.ROOT_PORT && !iommu.knowsBusesBehindPorts()) {
      throw new IllegalArgumentException(
          "--topology root-port: QEMU's amd-iommu takes what comes from behind a port for bus 0's,"
              + " where nothing is mapped for it, and no kernel finds its disk; --topology bridge"
              + " can be had");
    }
  }

  private static IllegalArgumentException noDriver(DiskKind disk) {
    return new IllegalArgumentException(
        "Debian's cloud kernel has no driver for a disk of kind " + disk.label());
  }

  /** {@return VT-d, 1 GiB, one processor, an NVMe disk, KASLR on, {@code crashkernel=256M}} */
  public static GuestConfig defaults() {
    return new GuestConfig(
        MappingMode.VTD,
        new Hardware(GIB, 1, Devices.of(DiskKind.NVME), IommuSetup.PLAIN),
        false,
        new KernelChoice(
            LabKernel.ofHost(KernelFlavour.CLOUD),
            new KernelSpec.Host(),
            Optional.empty(),
            true,
            "256M",
            new CaptureSystem.OfLab()),
        MoreOptions.none());
  }

  /** {@return the same with that IOMMU, and a primary kernel that has its driver} */
  public GuestConfig withMapping(MappingMode mode) {
    KernelChoice fit =
        primaryThatDrives(LabIommus.of(mode).isDrivenBy(kernels.primary().flavour()));
    return new GuestConfig(mode, hardware, interruptsPrepared, fit, more);
  }

  /** {@return the same with interrupt tables prepared right before the crash, or not} */
  public GuestConfig withInterruptsPrepared(boolean prepared) {
    return new GuestConfig(mapping, hardware, prepared, kernels, more);
  }

  /** {@return the same with other hardware, and a primary kernel that has the disks' drivers} */
  public GuestConfig with(Hardware other) {
    KernelFlavour flavour = kernels.primary().flavour();
    KernelChoice fit =
        primaryThatDrives(
            other.devices().card().isEmpty()
                && other.devices().disks().stream().allMatch(d -> d.isDrivenBy(flavour)));
    return new GuestConfig(mapping, other, interruptsPrepared, fit, more);
  }

  /** {@return the same with other kernels} */
  public GuestConfig withKernels(UnaryOperator<KernelChoice> change) {
    return new GuestConfig(mapping, hardware, interruptsPrepared, change.apply(kernels), more);
  }

  /** {@return the same with these options} */
  public GuestConfig withMore(MoreOptions options) {
    return new GuestConfig(mapping, hardware, interruptsPrepared, kernels, options);
  }

  private KernelChoice primaryThatDrives(boolean driven) {
    return driven ? kernels : kernels.withPrimary(KernelFlavour.FULL);
  }

  /**
   * Checks that {@code scenario} is about the guest's IOMMU.
   *
   * @throws IllegalArgumentException if it is about another
   */
  void requireIommuOf(Scenario scenario) {
    if (scenario.mode() != mapping) {
      throw new IllegalArgumentException(
          "a scenario of %s in a guest with %s"
              .formatted(scenario.mode().title(), mapping.title()));
    }
  }

  /** {@return the guest's IOMMU} */
  public LabIommu iommu() {
    return LabIommus.of(mapping);
  }

  /**
   * {@return the capture kernel of a run}
   *
   * @throws IllegalArgumentException if one was chosen that cannot do what {@code strategy} says
   */
  public LabKernel captureKernel(Strategy strategy) {
    LabKernel kernel = new LabKernel(kernels.captureSpec(), captureFlavour(strategy));
    if (!strategy.blind() && !iommu().isDrivenBy(kernel.flavour())) {
      throw new IllegalArgumentException(
          "--strategy %s needs a capture kernel with a driver for %s, and Debian's %s kernel has none"
              .formatted(strategy.label(), mapping.title(), kernel.flavour().label()));
    }
    return kernel;
  }

  private KernelFlavour captureFlavour(Strategy strategy) {
    KernelFlavour ofPrimary = kernels.primary().flavour();
    KernelFlavour usual = iommu().captureFlavour(strategy, ofPrimary);
    boolean driven =
        !hardware.devices().dumpsToNetwork() && hardware.devices().disk().isDrivenBy(usual);
    KernelFlavour fit = driven ? usual : ofPrimary;
    return kernels.captureFlavour().orElse(fit);
  }

  /**
   * {@return true if {@code hand} can arm the guest} Entries that are not present may be cached in
   * caching mode, and from outside nothing can be invalidated; of what passes nothing is written.
   */
  public boolean isArmedBy(HandKind hand) {
    IommuSetup setup = hardware.iommu();
    return hand == HandKind.INSIDE
        || !setup.has(Feature.CACHING_MODE)
        || setup.options().contains(LinuxOption.PT);
  }

  /** {@return the kernels that runs under {@code strategies} boot} */
  public Set<LabKernel> kernels(Iterable<Strategy> strategies) {
    Set<LabKernel> all = new LinkedHashSet<>(List.of(kernels.primary()));
    strategies.forEach(strategy -> all.add(captureKernel(strategy)));
    return all;
  }

  /** {@return true if the capture kernel would find the IOMMU, were it not hidden from it} */
  boolean needsHiding(Strategy strategy) {
    return strategy.blind() && iommu().isDrivenBy(captureKernel(strategy).flavour());
  }

  /** {@return memory that neither kernel uses, for new table pages} */
  public AddressRange arena() {
    return ARENA;
  }
}
