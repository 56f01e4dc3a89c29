// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.crashlane.guest.QemuVersion;
import org.crashlane.guest.lab.Devices.SecondDisk;
import org.crashlane.guest.lab.GuestConfig.Hardware;
import org.crashlane.guest.lab.iommu.IommuSetup;
import org.crashlane.guest.lab.iommu.IommuSetup.Feature;
import org.crashlane.guest.lab.parts.Accelerator;
import org.crashlane.guest.lab.parts.Qemu;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Test;

class QemuCommandLineTest {
  private static final long MIB = 1L << 20;

  @Test
  void aDiskOnTheRootBusIsTheWholeOfIt() throws IOException {
    assertEquals(
        List.of(
            "intel-iommu,caching-mode=off,intremap=off",
            "nvme,drive=dump,serial=crashlane,id=dump-disk"),
        devices(Devices.of(DiskKind.NVME), IommuSetup.PLAIN));
  }

  @Test
  void aDiskByVirtioIsToldToGoThroughTheIommu() throws IOException {
    assertEquals(
        "virtio-blk-pci,drive=dump,iommu_platform=on,disable-legacy=on,id=dump-disk",
        devices(Devices.of(DiskKind.VIRTIO), IommuSetup.PLAIN).getLast());
  }

  @Test
  void theMachinesOwnControllerServesAnAhciDiskOnTheRootBusAlone() throws IOException {
    assertEquals(List.of("ide-hd,drive=dump,bus=ide.0"), behindIommu(Devices.of(DiskKind.AHCI)));
    assertEquals(
        List.of(
            "pcie-root-port,id=port0,chassis=1",
            "ahci,id=dump-disk,bus=port0",
            "ide-hd,drive=dump,bus=dump-disk.0"),
        behindIommu(new Devices(DiskKind.AHCI, Topology.ROOT_PORT, Set.of())));
  }

  @Test
  void behindABridgeTheDisksShareIt() throws IOException {
    Devices devices =
        new Devices(DiskKind.NVME, Topology.BRIDGE, Set.of(new SecondDisk(DiskKind.MEGASAS)));
    assertEquals(
        List.of(
            "i82801b11-bridge,id=bridge",
            "nvme,drive=dump,serial=crashlane,id=dump-disk,bus=bridge,addr=1",
            "megasas,id=second-disk,bus=bridge,addr=2",
            "scsi-hd,drive=second,bus=second-disk.0"),
        behindIommu(devices));
  }

  @Test
  void whatTheIommuOffersIsAskedOfQemu() throws IOException {
    IommuSetup setup =
        new IommuSetup(
            Set.of(
                Feature.CACHING_MODE,
                Feature.ADDRESS_48_BITS,
                Feature.SCALABLE_MODE,
                Feature.INTERRUPT_REMAPPING),
            Set.of());
    assertEquals(
        "intel-iommu,caching-mode=on,aw-bits=48,x-scalable-mode=on,intremap=on",
        devices(Devices.of(DiskKind.NVME), setup).getFirst());
  }

  @Test
  void theSecondDiskIsSlowAndHoldsNothing() throws IOException {
    Devices devices =
        new Devices(DiskKind.NVME, Topology.ROOT, Set.of(new SecondDisk(DiskKind.VIRTIO)));
    List<String> drives = after("-drive", argv(devices, IommuSetup.PLAIN));
    assertEquals(2, drives.size());
    assertTrue(drives.getFirst().startsWith("if=none,id=dump,format=raw,file="));
    assertTrue(drives.getLast().startsWith("if=none,id=second,file.driver=null-co,"));
    assertTrue(drives.getLast().contains("throttling.iops-total="));
  }

  private static List<String> behindIommu(Devices devices) throws IOException {
    return devices(devices, IommuSetup.PLAIN).stream().skip(1).toList();
  }

  private static List<String> devices(Devices devices, IommuSetup setup) throws IOException {
    return after("-device", argv(devices, setup));
  }

  private static List<String> after(String option, List<String> argv) {
    List<String> values = new ArrayList<>();
    for (int i = 1; i < argv.size(); i++) {
      if (argv.get(i - 1).equals(option)) {
        values.add(argv.get(i));
      }
    }
    return values;
  }

  private static List<String> argv(Devices devices, IommuSetup setup) throws IOException {
    GuestConfig config = GuestConfig.defaults().with(new Hardware(512 * MIB, 1, devices, setup));
    try (Teardown teardown = Teardown.register()) {
      return QemuCommandLine.of(
          new Qemu(Path.of("/bin/false"), "", new QemuVersion(7, 2, 22), Accelerator.TCG),
          config,
          Scenario.of(MappingMode.VTD, Strategy.NONE),
          WorkArea.create(MIB, teardown),
          Path.of("vmlinuz"),
          Path.of("initrd"));
    }
  }
}
