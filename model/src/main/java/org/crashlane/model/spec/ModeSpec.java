// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.crashlane.iommu.calgary.Chip;
import org.crashlane.iommu.calgary.TableSize;
import org.crashlane.linux.Remark;
import org.crashlane.machine.MemoryEncryption;
import org.crashlane.memory.AddressRange;
import org.crashlane.rehearsal.Adoption;
import org.crashlane.rehearsal.MappingMode;

/** What a machine has for its mapping mode. */
public sealed interface ModeSpec {

  /** {@return the mode} */
  default MappingMode mode() {
    return switch (this) {
      case Nommu _ -> MappingMode.NOMMU;
      case Swiotlb _ -> MappingMode.SWIOTLB;
      case Gart _ -> MappingMode.GART;
      case Calgary _ -> MappingMode.CALGARY;
      case Vtd _ -> MappingMode.VTD;
      case Amdvi _ -> MappingMode.AMDVI;
    };
  }

  /**
   * {@return how the capture kernel takes old tables over} Where Linux knows one way, it copies.
   */
  default Adoption adoption() {
    return Adoption.COPY;
  }

  /** {@return the names of the units that devices are behind; none where the mode has none} */
  default List<String> unitNames() {
    return List.of();
  }

  /** {@return the place in {@link #unitNames} of the unit {@code device} is behind; -1 if none} */
  default int unitIndex(DeviceSpec device) {
    return unitNames().indexOf(device.unit());
  }

  /** {@return what firmware has to do with the machine's DMA, whoever maps it} */
  default Firmware firmware() {
    return Firmware.NONE;
  }

  /**
   * What firmware has to do with DMA.
   *
   * @param reserved memory that it has devices use
   * @param refusal what Linux minds in the table that names the IOMMUs, so that it uses none of
   *     them; empty where it minds nothing
   */
  record Firmware(List<ReservedMemory> reserved, List<Remark> refusal) {
    static final Firmware NONE = new Firmware(List.of(), List.of());

    public Firmware {
      reserved = List.copyOf(reserved);
      refusal = List.copyOf(refusal);
    }
  }

  /** No IOMMU, or none in use. */
  record Nommu(Firmware firmware) implements ModeSpec {
    public Nommu() {
      this(Firmware.NONE);
    }
  }

  /**
   * Bounce buffers.
   *
   * @param poolBytes size of the pool, a multiple of 256 KiB (one segment of 128 slots)
   * @param force true if every mapping is bounced, by the capture kernel too: {@code
   *     swiotlb=force}, or a confidential guest (SEV, TDX), whose devices reach shared memory alone
   */
  record Swiotlb(long poolBytes, boolean force, Firmware firmware) implements ModeSpec {
    /** Linux's default (IO_TLB_DEFAULT_SIZE). */
    public static final long DEFAULT_POOL_BYTES = 64L << 20;

    /** A machine whose firmware leaves DMA alone. */
    public Swiotlb(long poolBytes, boolean force) {
      this(poolBytes, force, Firmware.NONE);
    }
  }

  /**
   * GART.
   *
   * @param apertureBase first address of the aperture
   * @param apertureOrder its size: 32 MiB shifted left by this, 0 to 6
   * @param northbridgeCount how many northbridges have the aperture, at least 1; each caches for
   *     itself
   * @param translatesCpus false if DISGARTCPU is set: then CPUs see the memory under the aperture
   * @param fullFlush true if every unmap is followed by an invalidation ({@code iommu=fullflush});
   *     otherwise only wrapping around is
   */
  record Gart(
      long apertureBase,
      int apertureOrder,
      int northbridgeCount,
      boolean translatesCpus,
      boolean fullFlush)
      implements ModeSpec {
    /** PCI has room for so many: devices 00:18 to 00:1f. */
    public static final int NORTHBRIDGES_MAX = 8;

    public Gart {
      if (northbridgeCount < 1 || northbridgeCount > NORTHBRIDGES_MAX) {
        throw new IllegalArgumentException(
            "northbridges: expected 1 to 8, got " + northbridgeCount);
      }
    }

    /** {@return {@code nb0}, {@code nb1} and so on, by northbridge} */
    @Override
    public List<String> unitNames() {
      return IntStream.range(0, northbridgeCount).mapToObj(n -> "nb" + n).toList();
    }
  }

  /**
   * Calgary or CalIOC2.
   *
   * @param chip which
   * @param registerBase where the chip's registers (its BBAR) are mapped, 1 MiB
   * @param phbs its host bridges in use, at most four
   * @param tableSize the size of each table; nothing for the kernel's own choice by memory
   */
  record Calgary(Chip chip, long registerBase, List<Phb> phbs, Optional<TableSize> tableSize)
      implements ModeSpec {
    public Calgary {
      phbs = List.copyOf(phbs);
    }

    @Override
    public List<String> unitNames() {
      return phbs.stream().map(Phb::name).toList();
    }
  }

  /**
   * One PCI host bridge of a Calgary chip.
   *
   * @param name what devices behind it call it
   * @param mem1 its window for device registers, which is not translated
   * @param bridgeWindows windows of PCI bridges below it, not translated either
   */
  record Phb(String name, Optional<AddressRange> mem1, List<AddressRange> bridgeWindows) {
    public Phb {
      bridgeWindows = List.copyOf(bridgeWindows);
    }
  }

  /** Units that translate by trees of page tables, whoever made them. */
  sealed interface Paging extends ModeSpec {

    @Override
    default Firmware firmware() {
      return new Firmware(reserved(), List.of());
    }

    /** {@return bits of a physical address} */
    int hostAddressWidth();

    /** {@return the remapping units} */
    List<? extends PagingUnit> units();

    /** {@return memory that firmware has devices use, mapped to itself for them} */
    List<ReservedMemory> reserved();

    /** {@return the primary hands out no IOVA of more bits than this: 32 as Linux does first} */
    int iovaLimitBits();

    @Override
    default List<String> unitNames() {
      return units().stream().map(PagingUnit::name).toList();
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if it is behind none
     */
    @Override
    default int unitIndex(DeviceSpec device) {
      int index = ModeSpec.super.unitIndex(device);
      if (index < 0) {
        throw new IllegalArgumentException(
            "%s is behind no unit: '%s'".formatted(device, device.unit()));
      }
      return index;
    }
  }

  /** One unit that translates by trees of page tables. */
  sealed interface PagingUnit {

    /** {@return what devices behind it call it} */
    String name();

    /** {@return where its registers are mapped} */
    long registerBase();

    /** {@return bits of an IOVA that a domain's tables translate} */
    int addressWidth();

    /** {@return the PCI segment whose requests it translates} */
    int segment();
  }

  /**
   * Memory that firmware has a device use, mostly no RAM for the kernel.
   *
   * @param device the name of the device
   * @param range what it uses
   */
  record ReservedMemory(String device, AddressRange range) {}

  /**
   * VT-d. Reserved memory is what the DMAR table has as RMRR.
   *
   * @param hostAddressWidth bits of a physical address
   */
  record Vtd(
      int hostAddressWidth, List<VtdUnit> units, List<ReservedMemory> reserved, int iovaLimitBits)
      implements Paging {
    public Vtd {
      units = List.copyOf(units);
      reserved = List.copyOf(reserved);
    }
  }

  /**
   * One VT-d unit.
   *
   * @param registerBase where its registers are mapped, a page
   * @param segment the PCI segment of all devices behind it
   * @param addressWidth bits of an IOVA: 39, 48 or 57, for tables of three, four or five levels
   * @param superpages true if it maps 2 MiB and 1 GiB by one entry
   * @param cachesAbsent true if it caches entries that are not present (CAP.CM)
   */
  record VtdUnit(
      String name,
      long registerBase,
      int segment,
      int addressWidth,
      boolean superpages,
      boolean cachesAbsent)
      implements PagingUnit {
    /** A unit of segment 0. */
    public VtdUnit(
        String name,
        long registerBase,
        int addressWidth,
        boolean superpages,
        boolean cachesAbsent) {
      this(name, registerBase, 0, addressWidth, superpages, cachesAbsent);
    }
  }

  /**
   * AMD-Vi. Reserved memory is what the IVRS table has as IVMD: Linux maps unity and exclusion
   * ranges alike, to themselves.
   *
   * @param hostAddressWidth bits of a physical address
   * @param deviceTableBytes size of the primary's device table, a power of two; nothing for as much
   *     as the highest device id takes, which is what the capture kernel expects
   * @param adoption how the capture kernel takes tables over, where it does
   * @param snp true if SEV-SNP is on: the units' base registers are locked once they work
   * @param encryption whether memory is encrypted
   */
  record Amdvi(
      int hostAddressWidth,
      List<AmdviUnit> units,
      List<ReservedMemory> reserved,
      int iovaLimitBits,
      OptionalLong deviceTableBytes,
      Adoption adoption,
      boolean snp,
      Encryption encryption)
      implements Paging {
    public Amdvi {
      units = List.copyOf(units);
      reserved = List.copyOf(reserved);
    }
  }

  /**
   * Whether a host's memory is encrypted (AMD SME).
   *
   * @param known by which address bit, and what of it the capture kernel gives to devices
   * @param secondWindow true if arming maps the crash range at addresses with the bit too
   */
  record Encryption(MemoryEncryption known, boolean secondWindow) {
    /** It is not. */
    public static final Encryption NONE = new Encryption(MemoryEncryption.none(), false);
  }

  /**
   * One AMD IOMMU.
   *
   * @param registerBase where its registers are mapped, 16 KiB
   * @param segment the PCI segment of all devices behind it
   * @param addressWidth bits of an IOVA: 39 or 48, for tables of three levels, as Linux begins, or
   *     four
   * @param cachesAbsent true if it caches entries that are not present (NpCache)
   */
  record AmdviUnit(
      String name, long registerBase, int segment, int addressWidth, boolean cachesAbsent)
      implements PagingUnit {
    /** A unit of segment 0. */
    public AmdviUnit(String name, long registerBase, int addressWidth, boolean cachesAbsent) {
      this(name, registerBase, 0, addressWidth, cachesAbsent);
    }
  }
}
