// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.vtd;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.iommu.vtd.VtdTables;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.hardware.RegisterPort;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;

/**
 * A machine's VT-d units. Requesters that the machine's description puts behind none are behind the
 * last one, as firmware describes a unit with INCLUDE_PCI_ALL. Firmware's reserved memory means
 * nothing to hardware.
 */
public final class VtdHardware implements Remapper {
  private static final int REQUESTER_COUNT = 1 << 16;

  private final ModeSpec.Vtd spec;

  /** Which unit each requester is behind. */
  private final byte[] unitOf;

  private final UnitHardware[] units;

  private VtdHardware(ModeSpec.Vtd spec, byte[] unitOf, UnitHardware[] units) {
    this.spec = spec;
    this.unitOf = unitOf;
    this.units = units;
  }

  /** {@return the units of {@code machine}, off} */
  public static VtdHardware of(MachineSpec machine) {
    ModeSpec.Vtd spec = Placement.spec(machine);
    byte[] unitOf = new byte[REQUESTER_COUNT];
    Arrays.fill(unitOf, (byte) (spec.units().size() - 1));
    for (DeviceSpec device : machine.devices()) {
      unitOf[device.requester().value()] = (byte) Placement.unitIndex(spec, device);
    }
    boolean abortsDma = machine.era() == Era.TODAY;
    UnitHardware[] units =
        spec.units().stream()
            .map(unit -> new UnitHardware(spec.hostAddressWidth(), registers(unit, abortsDma)))
            .toArray(UnitHardware[]::new);
    return new VtdHardware(spec, unitOf, units);
  }

  private static UnitRegisters registers(ModeSpec.VtdUnit unit, boolean abortsDma) {
    long cap = UnitRegisters.cap(unit.addressWidth(), unit.superpages(), unit.cachesAbsent());
    return UnitRegisters.of(cap, UnitRegisters.ecap(abortsDma));
  }

  @Override
  public Outcome translate(PhysicalMemory memory, Request request) {
    return unitFor(request).translate(memory, request);
  }

  @Override
  public String explain(PhysicalMemory memory, Request request) {
    int index = unitOf[request.requester().value()];
    UnitHardware unit = units[index];
    return spec.units().get(index).name()
        + ": "
        + Explanation.of(memory, unit.config(), unit.caches().fork(), request);
  }

  private UnitHardware unitFor(Request request) {
    return units[unitOf[request.requester().value()]];
  }

  @Override
  public boolean hasMmio(long address) {
    return unitAt(address) >= 0;
  }

  private int unitAt(long address) {
    for (int i = 0; i < units.length; i++) {
      long offset = address - spec.units().get(i).registerBase();
      if (offset >= 0 && offset < UnitRegisters.PAGE_BYTES) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public RegisterPort mmio(PhysicalMemory memory) {
    return new Port();
  }

  /** The units' registers by physical address. */
  private final class Port implements RegisterPort {
    private UnitHardware unit(long address) {
      int index = unitAt(address);
      if (index < 0) {
        throw new IllegalArgumentException("no unit's register: 0x" + Long.toHexString(address));
      }
      return units[index];
    }

    private int offset(long address) {
      return (int) (address - spec.units().get(unitAt(address)).registerBase());
    }

    @Override
    public long read32(long address) {
      return unit(address).read32(offset(address));
    }

    @Override
    public long read64(long address) {
      return unit(address).read64(offset(address));
    }

    @Override
    public void write32(long address, long value) {
      unit(address).write32(offset(address), value);
    }

    @Override
    public void write64(long address, long value) {
      unit(address).write64(offset(address), value);
    }
  }

  @Override
  public boolean isTranslating() {
    return Arrays.stream(units).anyMatch(UnitHardware::isTranslating);
  }

  /** {@return the tables of unit {@code index} as they stand} */
  TranslationTables tables(int index, PhysicalMemory memory) {
    return VtdTables.open(memory, units[index].inEffect(), spec.hostAddressWidth());
  }

  @Override
  public List<AddressRange> tablePages(PhysicalMemory memory) {
    Set<AddressRange> pages = new TreeSet<>();
    for (int i = 0; i < units.length; i++) {
      if (units[i].isTranslating()) {
        TranslationTables tables = tables(i, memory);
        pages.addAll(tables.deviceTablePages());
        for (Attachment attachment : tables.attachments()) {
          if (attachment instanceof Attachment.Translated translated) {
            tables.walk(translated.table(), new TablePages(pages));
          }
        }
      }
    }
    return List.copyOf(pages);
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
    public void tablePage(long address, int level) {
      pages.add(AddressRange.ofSize(address, UnitRegisters.PAGE_BYTES));
    }
  }

  @Override
  public List<Fault> takeFaults() {
    List<Fault> faults = new ArrayList<>();
    for (UnitHardware unit : units) {
      faults.addAll(unit.takeFaults());
    }
    return faults;
  }

  @Override
  public Remapper fork() {
    UnitHardware[] copies = new UnitHardware[units.length];
    Arrays.setAll(copies, i -> units[i].fork());
    return new VtdHardware(spec, unitOf, copies);
  }

  @Override
  public void addTo(Fingerprint into) {
    for (UnitHardware unit : units) {
      unit.addTo(into);
    }
  }
}
