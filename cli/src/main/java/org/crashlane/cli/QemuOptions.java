// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.crashlane.guest.lab.CaptureSystem;
import org.crashlane.guest.lab.Devices;
import org.crashlane.guest.lab.Devices.Extra;
import org.crashlane.guest.lab.Devices.Network;
import org.crashlane.guest.lab.Devices.SecondDisk;
import org.crashlane.guest.lab.DiskKind;
import org.crashlane.guest.lab.GuestConfig;
import org.crashlane.guest.lab.GuestConfig.Hardware;
import org.crashlane.guest.lab.GuestConfig.MoreOptions;
import org.crashlane.guest.lab.KernelChoice;
import org.crashlane.guest.lab.Topology;
import org.crashlane.guest.lab.iommu.IommuSetup;
import org.crashlane.guest.lab.iommu.IommuSetup.Feature;
import org.crashlane.guest.lab.iommu.IommuSetup.LinuxOption;
import org.crashlane.guest.lab.net.NetworkCard;
import org.crashlane.guest.lab.parts.Accelerator;
import org.crashlane.guest.lab.parts.KernelConfig;
import org.crashlane.guest.lab.parts.KernelConfig.Role;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.guest.lab.parts.KernelSpec;
import org.crashlane.guest.lab.parts.LabKernel;
import org.crashlane.guest.lab.parts.QemuSpec;
import org.crashlane.rehearsal.MappingMode;
import picocli.CommandLine.Option;

/** Options of {@code rehearse} that stage qemu alone understands. */
final class QemuOptions {
  /** More need an IOMMU that remaps interrupts to ids of 32 bits. */
  private static final int CPUS_MAX = 255;

  @Option(
      names = "--hand",
      paramLabel = "HAND",
      description =
          "Who arms for identity: outside, inside, when-crashed, both (outside and inside) or all; "
              + "default: all.")
  private HandName hand = HandName.ALL;

  @Option(
      names = "--memory",
      converter = Converters.Size.class,
      paramLabel = "SIZE",
      description = "The guest's memory; default: 1G.")
  private long memoryBytes = 1L << 30;

  @Option(
      names = "--cpus",
      paramLabel = "N",
      description = "Processors of the first kernel, 1 to 255; default: 1.")
  private int cpuCount = 1;

  @Option(
      names = "--crashkernel",
      paramLabel = "TEXT",
      description =
          "Value of crashkernel=, such as 512M,high; smallest searches, crash by crash, for the "
              + "smallest that still gives a dump; default: 256M.")
  private String crashkernel = SmallestCrashkernel.BEGIN_MIB + "M";

  @Option(
      names = "--disk",
      paramLabel = "KIND",
      description = "What takes the dump: nvme, ahci, virtio, megasas or mptsas; default: nvme.")
  private DiskKind disk = DiskKind.NVME;

  @Option(
      names = "--second-disk",
      paramLabel = "KIND",
      description =
          "A second disk, of another kind, that is not on the dump path: it works up to the panic, "
              + "and its last commands for seconds after it; default: none.")
  private Optional<DiskKind> secondDisk = Optional.empty();

  @Option(
      names = "--nic",
      paramLabel = "CARD",
      completionCandidates = CardNames.class,
      description =
          "A network card that receives frames from the host, also when no kernel drives it any "
              + "more: e1000e (of the first kernel) or assigned (held by vfio-pci as for a virtual "
              + "machine, its memory mapped at addresses that are the host's memory, too); default: "
              + "none.")
  private Optional<NetworkCard> card = Optional.empty();

  @Option(
      names = "--dump-to",
      paramLabel = "TARGET",
      description =
          "Where the dump goes: disk, or network (makedumpfile -F through an e1000e, by TCP to the "
              + "host); default: disk.")
  private DumpTarget dumpTarget = DumpTarget.DISK;

  @Option(
      names = "--topology",
      paramLabel = "PLACE",
      completionCandidates = TopologyNames.class,
      description =
          "Where the disks are: root (bus 0), root-port (a PCI Express port for each) or bridge "
              + "(all behind a conventional one, whose id their requests carry); default: root.")
  private Topology topology = Topology.ROOT;

  @Option(
      names = "--iommu-option",
      paramLabel = "OPTION",
      description =
          "What both kernels are asked for: pt (iommu.passthrough=1) or strict (iommu.strict=1); "
              + "may be repeated.")
  private List<LinuxOption> iommuOptions = List.of();

  @Option(
      names = "--aw-bits",
      paramLabel = "BITS",
      description =
          "Addresses that the IOMMU translates, 39 or 48 bits; vtd alone; default: QEMU's, 39 in 7.2 "
              + "and 48 in 10.0.")
  private Optional<Integer> addressBits = Optional.empty();

  @Option(
      names = "--scalable",
      description = "VT-d in scalable mode, which the kernels are asked to use; vtd alone.")
  private boolean scalable;

  @Option(
      names = "--caching-mode",
      description =
          "VT-d that may cache entries that are not present, as QEMU's for assigned devices; vtd "
              + "alone.")
  private boolean cachingMode;

  @Option(
      names = "--kernel",
      paramLabel = "SPEC",
      description =
          "The primary: cloud or full (Debian's of this host), a series (6.12), a release, a suite "
              + "(trixie-backports), a .deb or a directory of them, or a kernel's file (bzImage); "
              + "'6.12,full' is both; all is each series in turn. Default: cloud where it serves.")
  private Optional<KernelName> primary = Optional.empty();

  @Option(
      names = {"--capture-kernel", "--capture"},
      paramLabel = "SPEC",
      description =
          "The capture kernel, named likewise; default: the primary's Linux; for amdvi the cloud "
              + "kernel where it is to leave the IOMMU alone: it has no driver for it.")
  private Optional<KernelName> capture = Optional.empty();

  @Option(
      names = "--modules",
      paramLabel = "DIR",
      description =
          "Where 'make modules_install' put the modules of a kernel's file: it has lib/modules. "
              + "Default: none, all that is needed is built in.")
  private Optional<Path> modules = Optional.empty();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "The .config of a kernel's file: what it lacks for the lab is said before it boots.")
  private Optional<Path> config = Optional.empty();

  @Option(
      names = "--capture-initrd",
      paramLabel = "FILE",
      description =
          "The capture kernel's initramfs, such as kdump-tools' or dracut's, in place of the lab's. "
              + "It is done when it powers off or reboots.")
  private Optional<Path> captureInitrd = Optional.empty();

  @Option(
      names = "--disk-image",
      paramLabel = "FILE",
      description =
          "With --capture-initrd, what the guest's disk begins with: a raw image, of which a copy "
              + "is written to.")
  private Optional<Path> diskImage = Optional.empty();

  @Option(
      names = "--intremap",
      paramLabel = "ON|OFF",
      description = "Whether the IOMMU offers to remap interrupts; default: off.")
  private Switch interruptRemapping = Switch.OFF;

  @Option(
      names = "--prepare-interrupts",
      description =
          "Before the crash, write entries into the interrupt tables that let the capture kernel's "
              + "interrupts through, where the hardware's tables allow it.")
  private boolean interruptsPrepared;

  @Option(
      names = "--primary-append",
      paramLabel = "TEXT",
      description = "Added to the primary kernel's command line, such as intremap=off.")
  private Optional<String> primaryMore = Optional.empty();

  @Option(
      names = "--capture-append",
      paramLabel = "TEXT",
      description = "Added to the capture kernel's command line, such as 'noapic pci=nomsi'.")
  private Optional<String> captureMore = Optional.empty();

  @Option(names = "--no-kaslr", description = "Boot the kernels with nokaslr.")
  private boolean withoutKaslr;

  @Option(
      names = "--qemu",
      paramLabel = "SPEC",
      description =
          "Which QEMU: the path of a qemu-system-x86_64, or a suite of Debian's whose QEMU is "
              + "unpacked in the cache, such as bookworm-backports; default: the host's.")
  private QemuSpec qemu = new QemuSpec.Host();

  @Option(
      names = "--accel",
      paramLabel = "NAME",
      description =
          "By what QEMU runs the guest: tcg, or kvm where /dev/kvm works; default: tcg, with which "
              + "all of docs/lab.md was measured.")
  private Accelerator accelerator = Accelerator.TCG;

  @Option(
      names = "--keep",
      paramLabel = "DIR",
      description =
          "Keep consoles, the IOMMU's trace, the dump (vmcore) and the verdict there, in a directory "
              + "for each strategy.")
  private Optional<Path> keep = Optional.empty();

  /** What the dump goes to. */
  enum DumpTarget {
    DISK,
    NETWORK
  }

  /** Cards as users name them, for completion. */
  private static final class CardNames extends ArrayList<String> {
    private static final long serialVersionUID = 1;

    CardNames() {
      super(NetworkCard.RECEIVING.stream().map(NetworkCard::label).toList());
    }
  }

  /** Places of disks as users name them, for completion. */
  private static final class TopologyNames extends ArrayList<String> {
    private static final long serialVersionUID = 1;

    TopologyNames() {
      super(Stream.of(Topology.values()).map(Topology::label).toList());
    }
  }

  /** On or off. */
  enum Switch {
    ON,
    OFF
  }

  /** {@return the guest that they describe, behind the IOMMU of {@code mode}} */
  GuestConfig config(MappingMode mode) {
    if (cpuCount < 1 || cpuCount > CPUS_MAX) {
      throw new IllegalArgumentException(
          "--cpus %d: expected 1 to %d".formatted(cpuCount, CPUS_MAX));
    }
    if (capture.equals(Optional.of(KernelName.ALL))) {
      throw new IllegalArgumentException(
          "--capture-kernel all: expected one kernel; --kernel all is each series in turn");
    }
    GuestConfig guest = guest(mode);
    requireFileForModules(guest);
    requireConfigured(guest);
    return guest;
  }

  private GuestConfig guest(MappingMode mode) {
    return GuestConfig.defaults()
        .withMapping(mode)
        .with(new Hardware(memoryBytes, cpuCount, devices(), iommu()))
        .withInterruptsPrepared(interruptsPrepared)
        .withKernels(this::chosen)
        .withMore(
            new MoreOptions(
                List.of(),
                primaryMore.stream().toList(),
                captureMore.stream().toList(),
                List.of()));
  }

  private Devices devices() {
    Set<Extra> others = new HashSet<>();
    secondDisk.map(SecondDisk::new).ifPresent(others::add);
    if (dumpTarget == DumpTarget.NETWORK && card.isPresent()) {
      throw new IllegalArgumentException(
          "--dump-to network beside --nic %s: the guest has one network card"
              .formatted(card.get().label()));
    }
    if (dumpTarget == DumpTarget.NETWORK) {
      others.add(new Network(NetworkCard.SINK));
    }
    card.map(Network::new).ifPresent(others::add);
    return new Devices(disk, topology, others);
  }

  private IommuSetup iommu() {
    Set<Feature> features = EnumSet.noneOf(Feature.class);
    addIf(interruptRemapping == Switch.ON, Feature.INTERRUPT_REMAPPING, features);
    addIf(scalable, Feature.SCALABLE_MODE, features);
    addIf(cachingMode, Feature.CACHING_MODE, features);
    addressBits.ifPresent(bits -> features.add(addressWidth(bits)));
    return new IommuSetup(features, Set.copyOf(iommuOptions));
  }

  private static void addIf(boolean asked, Feature feature, Set<Feature> features) {
    if (asked) {
      features.add(feature);
    }
  }

  private static Feature addressWidth(int bits) {
    return switch (bits) {
      case 39 -> Feature.ADDRESS_39_BITS;
      case 48 -> Feature.ADDRESS_48_BITS;
      default ->
          throw new IllegalArgumentException(
              "--aw-bits %d: expected 39 (three levels of tables) or 48 (four)".formatted(bits));
    };
  }

  private KernelChoice chosen(KernelChoice usual) {
    KernelSpec first = spec(primary).orElse(new KernelSpec.Host());
    return new KernelChoice(
        new LabKernel(first, flavour(primary).orElse(usual.primary().flavour())),
        spec(capture).orElse(first),
        flavour(capture),
        !withoutKaslr,
        isSmallestAsked() ? SmallestCrashkernel.BEGIN_MIB + "M" : crashkernel,
        captureSystem());
  }

  private CaptureSystem captureSystem() {
    if (captureInitrd.isEmpty() && diskImage.isPresent()) {
      throw new IllegalArgumentException(
          "--disk-image needs --capture-initrd: the lab's own system writes to an empty disk");
    }
    Stream.concat(captureInitrd.stream(), diskImage.stream())
        .filter(file -> !Files.isRegularFile(file) || !Files.isReadable(file))
        .findFirst()
        .ifPresent(file -> {
          throw new IllegalArgumentException(file + ": no such file, or not to be read");
        });
    return captureInitrd.isPresent()
        ? new CaptureSystem.Given(captureInitrd.get(), diskImage)
        : new CaptureSystem.OfLab();
  }

  private void requireFileForModules(GuestConfig guest) {
    boolean isForFile =
        guest.kernels().primary().spec() instanceof KernelSpec.Image
            || guest.kernels().captureSpec() instanceof KernelSpec.Image;
    if (modules.isPresent() && !isForFile) {
      throw new IllegalArgumentException("--modules is for a kernel's file: --kernel names none");
    }
  }

  /**
   * Checks that a kernel's file was configured as the lab needs it, where its configuration is
   * given.
   *
   * @throws IllegalArgumentException if it was not
   */
  private void requireConfigured(GuestConfig guest) {
    if (config.isEmpty()) {
      return;
    }
    boolean primaryIsFile = guest.kernels().primary().spec() instanceof KernelSpec.Image;
    boolean captureIsFile = guest.kernels().captureSpec() instanceof KernelSpec.Image;
    if (!primaryIsFile && !captureIsFile) {
      throw new IllegalArgumentException("--config is for a kernel's file: --kernel names none");
    }
    try {
      KernelConfig read = KernelConfig.read(config.get());
      for (Role role : Role.values()) {
        if (role == Role.PRIMARY ? primaryIsFile : captureIsFile) {
          read.require(
              role,
              guest.iommu().driverSymbol(),
              guest.hardware().devices().disk().drivers(),
              modules.isPresent());
        }
      }
    } catch (IOException e) {
      throw new IllegalArgumentException(Failure.describe(e), e);
    }
  }

  /** {@return true if the smallest crash range is asked for that serves} */
  boolean isSmallestAsked() {
    return crashkernel.equalsIgnoreCase("smallest");
  }

  /** {@return true if one kernel of each series is asked for} */
  boolean isOfEachSeries() {
    return primary.equals(Optional.of(KernelName.ALL));
  }

  private Optional<KernelSpec> spec(Optional<KernelName> name) {
    return name.flatMap(KernelName::spec)
        .map(spec ->
            spec instanceof KernelSpec.Image(Path file, _)
                ? new KernelSpec.Image(file, modules)
                : spec);
  }

  private static Optional<KernelFlavour> flavour(Optional<KernelName> name) {
    return name.flatMap(KernelName::flavour);
  }

  /** {@return who arms for identity} */
  HandName hand() {
    return hand;
  }

  /** {@return what is not usual of QEMU; empty where all is} */
  String emulator() {
    String other = qemu instanceof QemuSpec.Host ? "" : "\nQEMU: " + qemu;
    return accelerator == Accelerator.TCG ? other : other + "\naccelerator: " + accelerator;
  }

  /** {@return by what it runs them} */
  Accelerator accelerator() {
    return accelerator;
  }

  /** {@return which QEMU runs the guests} */
  QemuSpec qemu() {
    return qemu;
  }

  /** {@return where evidence is kept, if it is} */
  Optional<Path> keep() {
    return keep;
  }
}
