// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.DeviceTables;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Background;
import org.crashlane.model.hardware.ModelMemory;
import org.crashlane.model.hardware.UnitTables;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.Direction;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.BareCpu;
import org.crashlane.model.mode.Mode;
import org.crashlane.model.spec.DeviceKind;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.pci.RequesterId;

/** A machine with 16 MiB, a crash range of 2 MiB, and what its CPU reaches. */
public class PagedMachine {
  public static final String UNIT = "unit0";
  public static final AddressRange RAM = AddressRange.ofSize(0, 0x100_0000L);
  public static final AddressRange CRASH = AddressRange.ofSize(0x80_0000L, 0x20_0000L);
  public static final AddressRange TABLES = AddressRange.ofSize(0x10_0000L, 0x10_0000L);
  public static final AddressRange RESERVED = AddressRange.ofSize(0x8_0000L, 0x2000L);
  public static final long PAGE = 4096;

  public static final DeviceSpec DISK = device("disk", 3, false, false, Optional.empty());
  public static final DeviceSpec NIC = device("nic", 4, false, false, Optional.empty());
  public static final DeviceSpec FIRMWARES = device("usb", 5, false, false, Optional.empty());
  public static final DeviceSpec PASSING = device("gpu", 6, false, true, Optional.empty());
  public static final DeviceSpec GUESTS = device("vf", 7, true, false, Optional.empty());
  public static final RequesterId BRIDGE = RequesterId.of(0, 30, 0);
  public static final DeviceSpec SOUND = device("sound", 8, false, false, Optional.of(BRIDGE));
  public static final DeviceSpec MODEM = device("modem", 9, false, false, Optional.of(BRIDGE));
  public static final List<DeviceSpec> DEVICES =
      List.of(DISK, NIC, FIRMWARES, PASSING, GUESTS, SOUND, MODEM);

  public final MachineSpec spec;
  public final ModelMemory memory;
  public final RemappingUnits hardware;
  public final Cpu cpu;

  private final Mode mode;

  /** Makes a machine of {@code mode}, its memory full of noise and its units off. */
  public PagedMachine(MachineSpec spec, Mode mode) {
    this.spec = spec;
    this.mode = mode;
    this.memory = ModelMemory.at(spec.ram(), new Background(1));
    this.hardware = (RemappingUnits) mode.hardware(spec);
    this.cpu = new BareCpu(memory, hardware);
  }

  /** {@return the machine's description, with units as {@code mode} says} */
  public static MachineSpec spec(Era era, ModeSpec mode) {
    return new MachineSpec("small", "for tests", era, List.of(RAM), List.of(CRASH), DEVICES, mode);
  }

  /** {@return what firmware has a device use} */
  public static List<ModeSpec.ReservedMemory> reserved() {
    return List.of(new ModeSpec.ReservedMemory(FIRMWARES.name(), RESERVED));
  }

  public static DeviceSpec device(
      String name, int device, boolean guests, boolean passes, Optional<RequesterId> alias) {
    return new DeviceSpec(
            name,
            RequesterId.of(0, device, 0),
            alias,
            DeviceKind.STORAGE,
            32,
            UNIT,
            DeviceSpec.Trait.ON_DUMP_PATH)
        .with(DeviceSpec.Trait.ASSIGNED_TO_GUEST, guests)
        .with(DeviceSpec.Trait.PASS_THROUGH, passes);
  }

  public DmaMapping boot() {
    return mode.boot(cpu, spec, PageFrames.of(List.of(TABLES)));
  }

  public static PageFrames captureFrames() {
    return PageFrames.of(List.of(CRASH));
  }

  public DmaHandle map(
      DmaMapping mapping, DeviceSpec device, long buffer, long size, Direction direction) {
    return switch (mapping.map(cpu, device, buffer, size, direction)) {
      case MapAttempt.Mapped mapped -> mapped.handle();
      case MapAttempt.Failed failed -> throw new AssertionError(failed.reason().toString());
    };
  }

  public Outcome dma(DeviceSpec device, long iova, Access access) {
    return hardware.translate(memory, new Request(device.requester(), iova, access));
  }

  public boolean reaches(DeviceSpec device, long iova, Access access, long physical) {
    return dma(device, iova, access).equals(new Outcome.Reached(physical));
  }

  public boolean blocked(DeviceSpec device, long iova, Access access) {
    return dma(device, iova, access) instanceof Outcome.Blocked;
  }

  /** {@return the handles of {@code count} mappings of one page each} */
  public List<DmaHandle> mapPages(DmaMapping mapping, DeviceSpec device, long buffer, int count) {
    List<DmaHandle> handles = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      handles.add(map(mapping, device, buffer + (long) i * PAGE, PAGE, Direction.BIDIRECTIONAL));
    }
    return handles;
  }

  /** {@return the pages that the units' registers and tables name as tables now} */
  public Set<AddressRange> tablePages() {
    Set<AddressRange> pages = new TreeSet<>();
    for (UnitTables unit : hardware.tables(spec, memory)) {
      DeviceTables devices = unit.tables().devices();
      pages.addAll(devices.pages());
      devices.spaces().keySet().forEach(t -> unit.tables().walk(t, new TablePages(pages)));
    }
    return pages;
  }

  private record TablePages(Set<AddressRange> pages) implements WalkVisitor {
    @Override
    public void mapping(
        long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
      // Only the tables count.
    }

    @Override
    public void malformed(Malformation malformation) {
      // What is wrong in a table names no page.
    }

    @Override
    public void tablePage(long address, long sizeBytes, int level) {
      pages.add(AddressRange.ofSize(address, PageFrames.PAGE_BYTES));
    }
  }
}
