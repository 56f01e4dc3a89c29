// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.util.List;
import java.util.Locale;
import org.crashlane.guest.lab.parts.KernelFlavour;

/** A disk and its controller. */
public enum DiskKind {
  NVME("/dev/nvme0n1"),
  AHCI("/dev/sda"),
  /**
   * By virtio. Without iommu_platform QEMU passes the IOMMU by; a device that is also a legacy one
   * cannot have it (hw/virtio/virtio-pci.c, QEMU 7.2).
   */
  VIRTIO("/dev/vda"),
  MEGASAS("/dev/sda"),
  /**
   * By Fusion-MPT. Its SAS address is the disk's world wide name, and Linux attaches none whose
   * address is zero (drivers/message/fusion/mptsas.c, 6.1).
   */
  MPTSAS("/dev/sda");

  /** Locally assigned (NAA 3). */
  private static final String WORLD_WIDE_NAME = ",wwn=0x3000000000000001";

  private final String blockDevice;

  DiskKind(String blockDevice) {
    this.blockDevice = blockDevice;
  }

  /** {@return the name that users write} */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** {@return where both kernels find it} */
  String blockDevice() {
    return blockDevice;
  }

  /** {@return true if Debian's kernel of that flavour has its driver} */
  boolean isDrivenBy(KernelFlavour flavour) {
    return switch (this) {
      case NVME, VIRTIO -> true;
      case AHCI, MEGASAS, MPTSAS -> flavour == KernelFlavour.FULL;
    };
  }

  /** {@return the drivers it needs, in the order to load them where they are modules} */
  public List<String> drivers() {
    return switch (this) {
      case NVME -> List.of("nvme");
      case AHCI -> List.of("ahci", "sd_mod");
      case VIRTIO -> List.of("virtio_pci", "virtio_blk");
      case MEGASAS -> List.of("megaraid_sas", "sd_mod");
      case MPTSAS -> List.of("mptsas", "sd_mod");
    };
  }

  /**
   * {@return the devices of QEMU that make it up, the one on PCI first}
   *
   * @param drive what it stores on, as QEMU knows it
   * @param id what QEMU shall know the device on PCI by
   * @param place where that is plugged in, as options of QEMU; empty for the root bus
   */
  List<String> qemuDevices(String drive, String id, String place) {
    String controller = ",id=" + id + place;
    String disk = ",drive=" + drive + ",bus=" + id + ".0";
    return switch (this) {
      case NVME -> List.of("nvme,drive=%s,serial=crashlane%s".formatted(drive, controller));
      case AHCI -> List.of("ahci" + controller, "ide-hd" + disk);
      case VIRTIO ->
          List.of(
              "virtio-blk-pci,drive=%s,iommu_platform=on,disable-legacy=on%s"
                  .formatted(drive, controller));
      case MEGASAS -> List.of("megasas" + controller, "scsi-hd" + disk);
      case MPTSAS -> List.of("mptsas1068" + controller, "scsi-hd" + disk + WORLD_WIDE_NAME);
    };
  }
}
