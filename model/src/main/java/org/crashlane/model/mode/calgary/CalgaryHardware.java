// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.calgary;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Word;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.calgary.CalgaryTables;
import org.crashlane.iommu.calgary.HostBridge;
import org.crashlane.iommu.calgary.PhbRegister;
import org.crashlane.iommu.calgary.Registers;
import org.crashlane.iommu.calgary.ReservedRegions;
import org.crashlane.iommu.calgary.Tce;
import org.crashlane.iommu.calgary.TceCache;
import org.crashlane.iommu.calgary.UnitConfig;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.hardware.Found;
import org.crashlane.model.hardware.RegisterPort;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.hardware.UnitTables;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.rehearsal.IommuMemory;
import org.crashlane.rehearsal.IommuMemory.Part;

/**
 * A Calgary or CalIOC2 chip. Each PHB has its own registers and keeps its own entries, every one it
 * ever used until its TAR is written. Devices behind no PHB are not translated.
 *
 * <p>What is not modelled: the arbiter and page migration registers hold what is written, and no
 * request waits for them.
 */
final class CalgaryHardware implements Remapper {
  private static final int NO_PHB = -1;

  private final long registerBase;

  /** Requester ids, and beside each the number of its PHB. */
  private final int[] requesters;

  private final int[] phbOf;
  private final BridgePort[] bridges;
  private final List<Fault> faults;

  private CalgaryHardware(
      long registerBase, int[] requesters, int[] phbOf, BridgePort[] bridges, List<Fault> faults) {
    this.registerBase = registerBase;
    this.requesters = requesters;
    this.phbOf = phbOf;
    this.bridges = bridges;
    this.faults = faults;
  }

  /** {@return the chip as firmware leaves it: all is off, but windows are set} */
  static CalgaryHardware of(MachineSpec machine, ModeSpec.Calgary spec) {
    BridgePort[] bridges = new BridgePort[spec.phbs().size()];
    for (int phb = 0; phb < bridges.length; phb++) {
      bridges[phb] = bridge(spec, spec.phbs().get(phb));
    }
    List<DeviceSpec> behind =
        machine.devices().stream().filter(d -> spec.unitIndex(d) >= 0).toList();
    return new CalgaryHardware(
        spec.registerBase(),
        behind.stream().mapToInt(d -> d.requester().value()).toArray(),
        behind.stream().mapToInt(spec::unitIndex).toArray(),
        bridges,
        new ArrayList<>());
  }

  private static BridgePort bridge(ModeSpec.Calgary spec, ModeSpec.Phb phb) {
    UnitConfig off = new UnitConfig(0, 0, 0, List.of(), true);
    BridgePort windows = new BridgePort(new HostBridge(off, TceCache.none()), phb);
    UnitConfig config =
        new UnitConfig(
                0,
                0,
                0,
                ReservedRegions.of(
                    spec.chip(),
                    new ChipRegisters(new ChipPort(0, new BridgePort[] {windows}), 0),
                    0),
                true)
            .withBridges(phb.bridgeWindows());
    return new BridgePort(new HostBridge(config, TceCache.unbounded()), phb);
  }

  @Override
  public Outcome translate(WritableMemory memory, Request request) {
    int phb = phb(request);
    if (phb == NO_PHB) {
      return new Outcome.Reached(request.iova());
    }
    Outcome outcome = bridges[phb].bridge().translate(memory, request);
    if (outcome instanceof Outcome.Blocked blocked) {
      faults.add(blocked.fault());
    }
    return outcome;
  }

  private int phb(Request request) {
    int requester = request.requester().value();
    for (int i = 0; i < requesters.length; i++) {
      if (requesters[i] == requester) {
        return phbOf[i];
      }
    }
    return NO_PHB;
  }

  @Override
  public List<Reason> explain(PhysicalMemory memory, Request request) {
    int phb = phb(request);
    if (phb == NO_PHB) {
      return List.of(Reason.of(Found.NO_UNIT, new Reason.Device(request.requester().value())));
    }
    List<Reason> found = new ArrayList<>();
    HostBridge bridge = bridges[phb].bridge();
    found.add(Reason.of(Found.UNIT, new Reason.Count(phb)));
    found.add(
        Reason.of(
            Found.REGISTER,
            new Reason.Name(PhbRegister.CONFIG_RW.name()),
            new Reason.Value(bridge.configRw())));
    AddressRange table = bridge.table().memory();
    found.add(Reason.of(Found.TABLE, new Reason.Addresses(table.first(), table.last())));
    long iova = request.iova();
    if (bridge.isUntranslated(iova)) {
      found.add(Reason.of(Found.NOT_TRANSLATED, new Reason.Value(iova)));
    } else if (!bridge.table().reach().contains(iova)) {
      found.add(Reason.of(Found.BEHIND_TABLE, new Reason.Value(iova)));
    } else {
      entries(memory, bridge, iova, found);
    }
    return found;
  }

  private static void entries(
      PhysicalMemory memory, HostBridge bridge, long iova, List<Reason> found) {
    Reason.At at = new Reason.At(bridge.table().entryAddress(iova));
    if (memory.ranges().stream().anyMatch(r -> r.contains(at.address()))) {
      long tce = Tce.fromMemory(memory.readLong(at.address()));
      found.add(entry(Reason.of(Found.ENTRY, at), tce));
    } else {
      found.add(Reason.of(Found.NO_MEMORY, at));
    }
    long kept = bridge.cache().kept((int) Tce.index(iova));
    if (kept != Tce.FREE) {
      found.add(entry(Reason.of(Found.CACHED_ENTRY), kept));
    }
  }

  private static Reason entry(Reason which, long tce) {
    return which
        .with(new Reason.Value(tce))
        .with(new Reason.LeadsTo(Tce.target(tce)))
        .with(new Reason.Words(new Word(Tce.LAYOUT.only(Tce.R, Tce.W), tce)));
  }

  @Override
  public boolean hasMmio(long address) {
    return AddressRange.ofSize(registerBase, Registers.WINDOW_BYTES).contains(address);
  }

  @Override
  public RegisterPort mmio(WritableMemory memory) {
    return registers();
  }

  /** {@return the chip's registers, by physical address} */
  RegisterPort registers() {
    return new ChipPort(registerBase, bridges);
  }

  @Override
  public boolean isTranslating() {
    return Arrays.stream(bridges).anyMatch(BridgePort::isTranslating);
  }

  @Override
  public List<UnitTables> tables(MachineSpec machine, PhysicalMemory memory) {
    ModeSpec.Calgary spec = machine.spec(ModeSpec.Calgary.class);
    ChipRegisters registers = new ChipRegisters(registers(), registerBase);
    List<UnitTables> units = new ArrayList<>();
    for (int phb = 0; phb < bridges.length; phb++) {
      ModeSpec.Phb bridge = spec.phbs().get(phb);
      List<DeviceSpec> behind = machine.behind(bridge.name());
      CalgaryTables tables =
          CalgaryTables.open(
              memory,
              spec.chip(),
              registers,
              phb,
              behind.stream().map(DeviceSpec::requester).toList(),
              bridge.bridgeWindows());
      units.add(new UnitTables(bridge.name(), tables, behind));
    }
    return units;
  }

  @Override
  public List<IommuMemory> ownMemory() {
    return Arrays.stream(bridges)
        .filter(BridgePort::isTranslating)
        .map(port -> new IommuMemory(Part.PAGE_TABLE, port.bridge().table().memory()))
        .toList();
  }

  @Override
  public List<Fault> takeFaults() {
    List<Fault> taken = List.copyOf(faults);
    faults.clear();
    return taken;
  }

  @Override
  public Remapper fork() {
    BridgePort[] forks = new BridgePort[bridges.length];
    for (int i = 0; i < forks.length; i++) {
      forks[i] = bridges[i].fork();
    }
    return new CalgaryHardware(registerBase, requesters, phbOf, forks, new ArrayList<>(faults));
  }

  /** Faults that nobody has taken yet decide nothing, and are left out. */
  @Override
  public void addTo(Fingerprint into) {
    for (BridgePort bridge : bridges) {
      bridge.addTo(into);
    }
  }
}
