// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.List;
import org.crashlane.memory.AddressRange;

/**
 * One remapping structure of a DMAR table (VT-d specification revision 4.1, section 8.2).
 *
 * <p>Each is named as the specification abbreviates it. Reserved bytes are not kept.
 */
public sealed interface DmarStructure {

  /** {@return where it is in the table} */
  Extent at();

  /** {@return the number of its type} */
  default int type() {
    return switch (this) {
      case Drhd _ -> DmarLayout.DRHD;
      case Rmrr _ -> DmarLayout.RMRR;
      case Atsr _ -> DmarLayout.ATSR;
      case Rhsa _ -> DmarLayout.RHSA;
      case Andd _ -> DmarLayout.ANDD;
      case Satc _ -> DmarLayout.SATC;
      case Sidp _ -> DmarLayout.SIDP;
      case Unknown unknown -> unknown.type();
    };
  }

  /** {@return its name: the specification's abbreviation} */
  default String name() {
    return switch (this) {
      case Drhd _ -> "DRHD";
      case Rmrr _ -> "RMRR";
      case Atsr _ -> "ATSR";
      case Rhsa _ -> "RHSA";
      case Andd _ -> "ANDD";
      case Satc _ -> "SATC";
      case Sidp _ -> "SIDP";
      case Unknown _ -> "unknown";
    };
  }

  /** {@return the devices it is about; none for kinds that have no scopes} */
  default List<DeviceScope> scopes() {
    return List.of();
  }

  /** {@return the PCI segment of its devices; 0 for kinds that have none} */
  default int segment() {
    return 0;
  }

  /** {@return the bytes in front of its device scopes} */
  default int fixedBytes() {
    return this instanceof Rmrr
        ? DmarLayout.RMRR_FIXED_BYTES
        : this instanceof Drhd ? DmarLayout.DRHD_FIXED_BYTES : DmarLayout.SCOPED_FIXED_BYTES;
  }

  /**
   * DMA Remapping Hardware Unit Definition (section 8.3): one IOMMU.
   *
   * @param at where it is
   * @param flags see {@link #includesAllPci()}
   * @param size byte 5: its low 4 bits give the register set's size
   * @param segment PCI segment of the devices
   * @param registerBase physical address of the registers
   * @param scopes the devices behind the unit
   */
  record Drhd(
      Extent at, int flags, int size, int segment, long registerBase, List<DeviceScope> scopes)
      implements DmarStructure {
    public Drhd {
      scopes = List.copyOf(scopes);
    }

    /**
     * {@return true if the unit serves every PCI device of its segment that no other unit names}
     */
    public boolean includesAllPci() {
      return DmarLayout.INCLUDE_PCI_ALL.isSet(flags);
    }

    /** {@return the bytes that the registers take: 2^N pages of 4 KiB} */
    public long registerBytes() {
      return DmarLayout.REGISTER_PAGE_BYTES << DmarLayout.REGISTER_SET_SIZE.get(size);
    }
  }

  /**
   * Reserved Memory Region Reporting (section 8.4): memory that firmware's devices keep using by
   * DMA, to be identity-mapped for them.
   *
   * @param at where it is
   * @param segment PCI segment of the devices
   * @param base first address
   * @param limit last address; below {@code base} only in a wrong table
   * @param scopes the devices
   */
  record Rmrr(Extent at, int segment, long base, long limit, List<DeviceScope> scopes)
      implements DmarStructure {
    public Rmrr {
      scopes = List.copyOf(scopes);
    }

    /** {@return true if the region does not end before it begins} */
    public boolean isOrdered() {
      return Long.compareUnsigned(base, limit) <= 0;
    }

    /**
     * {@return the region}
     *
     * @throws IllegalArgumentException if it is not {@link #isOrdered()}
     */
    public AddressRange region() {
      return new AddressRange(base, limit);
    }
  }

  /**
   * Root Port ATS Capability Reporting (section 8.5): root ports that let devices translate for
   * themselves.
   *
   * @param at where it is
   * @param flags see {@link #coversAllPorts()}
   * @param segment PCI segment of the ports
   * @param scopes the ports, unless all
   */
  record Atsr(Extent at, int flags, int segment, List<DeviceScope> scopes)
      implements DmarStructure {
    public Atsr {
      scopes = List.copyOf(scopes);
    }

    /** {@return true if every root port of the segment supports ATS} */
    public boolean coversAllPorts() {
      return DmarLayout.ALL_PORTS.isSet(flags);
    }
  }

  /**
   * Remapping Hardware Static Affinity (section 8.6): the NUMA node of a unit.
   *
   * @param at where it is
   * @param registerBase register base of the unit
   * @param proximityDomain the node, as the SRAT table numbers them; unsigned 32 bits
   */
  record Rhsa(Extent at, long registerBase, long proximityDomain) implements DmarStructure {}

  /**
   * ACPI Name-space Device Declaration (section 8.7): a device that PCI does not enumerate.
   *
   * @param at where it is
   * @param deviceNumber what device scopes call it by
   * @param objectName its path in the ACPI name space, without the zero byte at its end
   */
  record Andd(Extent at, int deviceNumber, String objectName) implements DmarStructure {}

  /**
   * SoC Integrated Address Translation Cache (section 8.8): integrated devices that translate for
   * themselves.
   *
   * @param at where it is
   * @param flags see {@link #requiresAtc()}
   * @param segment PCI segment of the devices
   * @param scopes the devices
   */
  record Satc(Extent at, int flags, int segment, List<DeviceScope> scopes)
      implements DmarStructure {
    public Satc {
      scopes = List.copyOf(scopes);
    }

    /** {@return true if the devices work only with their translation cache enabled} */
    public boolean requiresAtc() {
      return DmarLayout.ATC_REQUIRED.isSet(flags);
    }
  }

  /**
   * SoC Integrated Device Property (section 8.9): what integrated devices can and cannot do, in the
   * flags of the scopes.
   *
   * @param at where it is
   * @param segment PCI segment of the devices
   * @param scopes the devices, with flags
   */
  record Sidp(Extent at, int segment, List<DeviceScope> scopes) implements DmarStructure {
    public Sidp {
      scopes = List.copyOf(scopes);
    }
  }

  /**
   * A structure of a type not known, or too short for its type: kept as it is.
   *
   * @param at where it is
   * @param type the number of its type
   * @param content what follows type and length, two hexadecimal digits a byte
   */
  record Unknown(Extent at, int type, String content) implements DmarStructure {}
}
