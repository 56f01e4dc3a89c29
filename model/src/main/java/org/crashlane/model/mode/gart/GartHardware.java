// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.gart;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.gart.Aperture;
import org.crashlane.iommu.gart.CpuOutcome;
import org.crashlane.iommu.gart.GartTables;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.hardware.ConfigAddress;
import org.crashlane.model.hardware.CpuAccess;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.hardware.RegisterPort;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.hardware.UnitTables;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec.Gart;
import org.crashlane.pci.RequesterId;

/**
 * The GARTs of a machine's northbridges: each with registers and a cache of its own, all of them
 * reading tables in the one memory. A device's requests go through its own northbridge, a CPU's
 * through the first (the one of the boot CPU, on which a capture kernel runs).
 *
 * <p>Of blocked requests the first since the last look is kept, as a machine check bank keeps it.
 */
final class GartHardware implements Remapper {
  /** Which northbridge serves each requester that is not served by the first. */
  private final Map<Integer, Integer> served;

  private final Northbridge[] northbridges;
  private Optional<Fault> fault;

  private GartHardware(
      Map<Integer, Integer> served, Northbridge[] northbridges, Optional<Fault> fault) {
    this.served = served;
    this.northbridges = northbridges;
    this.fault = fault;
  }

  /** {@return the northbridges of {@code machine}, their apertures off} */
  static GartHardware reset(MachineSpec machine) {
    Gart spec = machine.spec(Gart.class);
    Northbridge[] northbridges = new Northbridge[spec.northbridgeCount()];
    for (int i = 0; i < northbridges.length; i++) {
      northbridges[i] = Northbridge.reset();
    }
    Map<Integer, Integer> served = new HashMap<>();
    for (DeviceSpec device : machine.devices()) {
      int index = spec.unitIndex(device);
      if (index > 0) {
        served.put(device.requester().value(), index);
      }
    }
    return new GartHardware(Map.copyOf(served), northbridges, Optional.empty());
  }

  @Override
  public Outcome translate(WritableMemory memory, Request request) {
    Outcome outcome = of(request.requester()).translate(memory, request);
    if (outcome instanceof Outcome.Blocked blocked && fault.isEmpty()) {
      fault = Optional.of(blocked.fault());
    }
    return outcome;
  }

  @Override
  public List<Reason> explain(PhysicalMemory memory, Request request) {
    return of(request.requester()).explain(memory, request.iova());
  }

  @Override
  public CpuAccess accessByCpu(PhysicalMemory memory, long address) {
    return switch (northbridges[0].accessByCpu(memory, address)) {
      case CpuOutcome.Reached reached -> new CpuAccess.Reached(reached.physicalAddress());
      case CpuOutcome.MachineCheck check ->
          new CpuAccess.MachineCheck(Northbridge.machineCheck(check));
      case CpuOutcome.Unknown unknown -> new CpuAccess.MachineCheck(Reason.of(unknown.reason()));
    };
  }

  @Override
  public List<AddressRange> inTheWayOfCpus() {
    return northbridges[0].redirection().forCpus().map(Aperture::range).stream().toList();
  }

  @Override
  public boolean hasConfig(long address) {
    int index = NorthbridgeAddress.indexOf(ConfigAddress.function(address));
    return index >= 0
        && index < northbridges.length
        && Northbridge.hasRegister(ConfigAddress.offset(address));
  }

  @Override
  public RegisterPort config(PhysicalMemory memory) {
    return new Port(this);
  }

  @Override
  public boolean isTranslating() {
    for (Northbridge northbridge : northbridges) {
      if (northbridge.config().translationEnabled()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public List<UnitTables> tables(MachineSpec machine, PhysicalMemory memory) {
    Gart spec = machine.spec(Gart.class);
    List<UnitTables> tables = new ArrayList<>();
    for (int i = 0; i < northbridges.length; i++) {
      int index = i;
      List<DeviceSpec> behind =
          machine.devices().stream().filter(d -> Math.max(0, spec.unitIndex(d)) == index).toList();
      GartTables opened =
          GartTables.open(
              memory,
              NorthbridgeAddress.registers(config(memory), i),
              behind.stream().map(DeviceSpec::requester).toList());
      tables.add(new UnitTables(spec.unitNames().get(i), opened, behind));
    }
    return tables;
  }

  @Override
  public List<Fault> takeFaults() {
    List<Fault> taken = fault.stream().toList();
    fault = Optional.empty();
    return taken;
  }

  @Override
  public Remapper fork() {
    Northbridge[] copies = new Northbridge[northbridges.length];
    for (int i = 0; i < copies.length; i++) {
      copies[i] = northbridges[i].copy();
    }
    return new GartHardware(served, copies, fault);
  }

  @Override
  public void addTo(Fingerprint into) {
    for (Northbridge northbridge : northbridges) {
      northbridge.addTo(into);
    }
    into.add(fault.isPresent());
    fault.ifPresent(f -> {
      into.add(f.request().requester().value());
      into.add(f.request().iova());
      into.add(f.request().access() == Access.WRITE);
      into.add(f.reason());
    });
  }

  /** {@return the northbridge that serves {@code requester}} */
  private Northbridge of(RequesterId requester) {
    return northbridges[served.isEmpty() ? 0 : served.getOrDefault(requester.value(), 0)];
  }

  /** The registers in configuration space, all of 32 bits: one of 64 is two of them. */
  private record Port(GartHardware hardware) implements RegisterPort {
    private static final long ALL_ONES_32 = 0xffff_ffffL;

    private Northbridge at(long address) {
      return hardware.northbridges[NorthbridgeAddress.indexOf(ConfigAddress.function(address))];
    }

    @Override
    public long read32(long address) {
      return hardware.hasConfig(address)
          ? at(address).read(ConfigAddress.offset(address))
          : ALL_ONES_32;
    }

    @Override
    public long read64(long address) {
      return read32(address) | (read32(address + Integer.BYTES) << Integer.SIZE);
    }

    @Override
    public void write32(long address, long value) {
      if (hardware.hasConfig(address)) {
        at(address).write(ConfigAddress.offset(address), value);
      }
    }

    @Override
    public void write64(long address, long value) {
      write32(address, Integer.toUnsignedLong((int) value));
      write32(address + Integer.BYTES, value >>> Integer.SIZE);
    }
  }
}
