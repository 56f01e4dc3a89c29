// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.util.List;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.vendors.Vendor;
import org.crashlane.machine.Device;
import org.crashlane.machine.Unit;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.MappingMode;

/**
 * The IOMMU of a guest.
 *
 * @param vendor who knows its tables
 * @param registerBase where its registers are, in the guest's memory
 * @param registers its registers; reading them throws {@link java.io.UncheckedIOException} if the
 *     control socket fails
 */
public record GuestIommu(Vendor vendor, long registerBase, RegisterFile registers) {

  /** QEMU's IOAPIC sends as this function (AMDVI_IOAPIC_SB_DEVID in hw/i386/amd_iommu.h). */
  public static final RequesterId AMD_IO_APIC = new RequesterId(0xa0);

  /** {@return by which requester ids it knows the IOAPICs, where that decides what they may do} */
  List<RequesterId> ioApics() {
    return switch (vendor) {
      case VTD -> List.of();
      case AMDVI -> List.of(AMD_IO_APIC);
    };
  }

  /** {@return the tables that its registers point to, read with what is known besides} */
  TranslationTables tables(PhysicalMemory memory, HostFacts host) {
    return vendor.open(memory, registers, host);
  }

  /** {@return it, as a machine's only unit that serves {@code devices}} */
  public Unit unit(List<Device> devices) {
    return new Unit(
        region(vendor),
        0,
        registerBase,
        devices.stream()
            .flatMap(device -> device.byRequester().stream())
            .map(Device::requester)
            .distinct()
            .toList());
  }

  /** {@return how a kernel that drives it maps DMA} */
  MappingMode mode() {
    return switch (vendor) {
      case VTD -> MappingMode.VTD;
      case AMDVI -> MappingMode.AMDVI;
    };
  }

  /** {@return what QEMU's memory tree calls the registers} */
  static String region(Vendor vendor) {
    return switch (vendor) {
      case VTD -> "intel_iommu";
      case AMDVI -> "amdvi-mmio";
    };
  }
}
