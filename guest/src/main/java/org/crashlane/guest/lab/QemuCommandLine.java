// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.crashlane.guest.lab.GuestConfig.Hardware;
import org.crashlane.guest.lab.iommu.IommuSetup.Feature;
import org.crashlane.guest.lab.net.NetworkCard;
import org.crashlane.guest.lab.parts.Qemu;
import org.crashlane.guest.live.PciFunction;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.Scenario;

/** The command line of the lab's QEMU: a q35 machine with an IOMMU and its disks behind it. */
final class QemuCommandLine {
  /** The writes to the IOAPIC that mark the primary's end (see {@link IommuTrace}). */
  private static final String END_OF_PRIMARY = "ioapic_mem_write";

  /** The drive that takes the dump, as QEMU knows it. */
  static final String DUMP_DRIVE = "dump";

  /** The dump's disk, and a second. */
  private static final List<String> DRIVES = List.of(DUMP_DRIVE, "second");

  /** Reads zeros, and few commands a second: what was asked for last is under way for seconds. */
  private static final String SECOND_STORE =
      "file.driver=null-co,file.read-zeroes=on,file.size=2G,throttling.iops-total=8";

  /** Ends the name by which QEMU knows a disk's device on PCI. */
  private static final String DEVICE_SUFFIX = "-disk";

  /** Of q35's own disk controller. */
  private static final RequesterId OWN_AHCI = RequesterId.of(0, 0x1f, 2);

  private QemuCommandLine() {}

  static List<String> of(
      Qemu qemu, GuestConfig config, Scenario scenario, WorkArea area, Path kernel, Path initrd)
      throws IOException {
    List<String> argv = new ArrayList<>(List.of(qemu.program().toString()));
    argv.addAll(qemu.accelerator().options("memory-backend=ram"));
    add(argv, "-smp", Integer.toString(config.hardware().cpuCount()));
    add(argv, "-m", "size=" + config.hardware().memoryBytes() + "B");
    add(
        argv,
        "-object",
        "memory-backend-file,id=ram,share=on,size=%d,mem-path=%s"
            .formatted(config.hardware().memoryBytes(), escaped(area.memory())));
    add(argv, "-nodefaults", "-no-user-config", "-display", "none", "-net", "none");
    // A guest that ends stands still until its last registers have been read.
    add(argv, "-no-reboot", "-no-shutdown");
    addControl(argv, area);
    addDevices(argv, qemu, config, area);
    for (String event : config.iommu().traced()) {
      add(argv, "-trace", event);
    }
    add(argv, "-D", area.trace().toString());
    add(argv, "-kernel", kernel.toString(), "-initrd", initrd.toString());
    add(argv, "-append", KernelArguments.primary(config, scenario));
    argv.addAll(config.more().qemu());
    return argv;
  }

  /** {@return the events that are too many to be traced while the primary boots and works} */
  static List<String> tracedFromCrash(GuestConfig config) {
    List<String> events = new ArrayList<>(config.iommu().tracedFromCrash());
    events.add(END_OF_PRIMARY);
    return events;
  }

  /** The monitor stands in front: it listens by the time the console connects. */
  private static void addControl(List<String> argv, WorkArea area) {
    add(argv, "-qmp", "unix:" + escaped(area.qmpSocket()) + ",server=on,wait=off");
    add(
        argv,
        "-chardev",
        "socket,id=console,server=off,path=" + escaped(area.serialSocket()),
        "-serial",
        "chardev:console");
  }

  private static void addDevices(List<String> argv, Qemu qemu, GuestConfig config, WorkArea area)
      throws IOException {
    Hardware hardware = config.hardware();
    List<String> iommu = new ArrayList<>(List.of(config.iommu().qemuDevice()));
    iommu.addAll(config.iommu().qemuOptions(hardware.iommu()));
    iommu.addAll(config.iommu().optionsOfVersion(qemu.optionsOf(config.iommu().qemuDevice())));
    iommu.add("intremap=" + (hardware.iommu().has(Feature.INTERRUPT_REMAPPING) ? "on" : "off"));
    iommu.addAll(config.more().iommu());
    // In front of all other devices: QEMU gives them their address space as they are made.
    add(argv, "-device", String.join(",", iommu));
    Devices devices = hardware.devices();
    devices
        .topology()
        .bridges(devices.disks().size())
        .forEach(bridge -> add(argv, "-device", bridge));
    addDisk(argv, devices, 0, "format=raw,file=" + escaped(area.disk()));
    if (devices.disks().size() > 1) {
      addDisk(argv, devices, 1, SECOND_STORE);
    }
    devices.card().ifPresent(card -> addCard(argv, card, area));
  }

  private static void addCard(List<String> argv, NetworkCard card, WorkArea area) {
    String socket = escaped(area.cardSocket());
    switch (card) {
      case E1000E, ASSIGNED ->
          add(argv, "-netdev", "stream,id=net,server=off,addr.type=unix,addr.path=" + socket);
      case SINK -> {
        add(argv, "-chardev", "socket,id=sink,server=off,path=" + socket);
        add(argv, "-netdev", "user,id=net,restrict=on,guestfwd=tcp:10.0.2.9:9-chardev:sink");
      }
    }
    add(argv, "-device", "%s,id=%s,netdev=net".formatted(card.model(), NetworkCard.ID));
  }

  private static void addDisk(List<String> argv, Devices devices, int number, String store) {
    String drive = DRIVES.get(number);
    add(argv, "-drive", "if=none,id=%s,%s".formatted(drive, store));
    DiskKind kind = devices.disks().get(number);
    if (kind == DiskKind.AHCI && devices.topology() == Topology.ROOT) {
      // The machine's own controller.
      add(argv, "-device", "ide-hd,drive=%s,bus=ide.0".formatted(drive));
      return;
    }
    kind.qemuDevices(drive, drive + DEVICE_SUFFIX, devices.topology().place(number))
        .forEach(device -> add(argv, "-device", device));
  }

  /** {@return true if the dump goes through {@code function}} */
  static boolean isDumpDevice(Devices devices, PciFunction function) {
    if (devices.dumpsToNetwork()) {
      return function.id().equals(NetworkCard.ID);
    }
    boolean isOwn = devices.disk() == DiskKind.AHCI && devices.topology() == Topology.ROOT;
    return isOwn
        ? function.requester().equals(OWN_AHCI)
        : function.id().equals(DRIVES.getFirst() + DEVICE_SUFFIX);
  }

  /** QEMU's options take a comma as two. */
  private static String escaped(Path path) {
    return path.toString().replace(",", ",,");
  }

  private static void add(List<String> argv, String... words) {
    argv.addAll(List.of(words));
  }
}
