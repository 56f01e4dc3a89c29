// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.crashlane.acpi.AcpiTable;
import org.crashlane.acpi.DeviceSpan;
import org.crashlane.acpi.IvhdEntry.Special;
import org.crashlane.acpi.Ivrs;
import org.crashlane.acpi.IvrsBlock;
import org.crashlane.acpi.IvrsBlock.Ivhd;
import org.crashlane.acpi.IvrsBlock.Ivmd;
import org.crashlane.linux.LinuxView.UnitOfDevice;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/**
 * The blocks of an IVRS table that Linux makes units of: those of the type that it chooses once by
 * the table's first block ({@code get_highest_supported_ivhd_type} in {@code
 * drivers/iommu/amd/init.c}).
 */
final class IvrsUnits implements TableUnits {
  private static final int HIGHEST_ID = RequesterId.of(255, 255).value();

  private final Ivrs ivrs;
  private final int blockType;
  private final List<Ivhd> counting;

  /** The I/O APICs that the units' entries name, by id: of several entries the first counts. */
  private final Map<Integer, RequesterId> ioApics = new LinkedHashMap<>();

  IvrsUnits(Ivrs ivrs) {
    this.ivrs = ivrs;
    this.blockType = chosenType(ivrs.blocks());
    this.counting =
        ivrs.blocks().stream()
            .filter(Ivhd.class::isInstance)
            .map(Ivhd.class::cast)
            .filter(block -> block.type() == blockType)
            .toList();
    counting.stream()
        .flatMap(block -> block.entries().stream())
        .filter(Special.class::isInstance)
        .map(Special.class::cast)
        .filter(special -> special.kind() == Special.Variety.IOAPIC)
        .forEach(special -> ioApics.putIfAbsent(special.handle(), special.device()));
  }

  /** The type of the last block that has the device id of the first, as far as types are known. */
  private static int chosenType(List<IvrsBlock> blocks) {
    if (blocks.isEmpty()) {
      return 0;
    }
    int type = blocks.getFirst().type();
    Optional<RequesterId> device = deviceOf(blocks.getFirst());
    for (IvrsBlock block : blocks) {
      if (block.type() > Ivhd.HIGHEST_TYPE) {
        break;
      }
      if (device.isPresent() && deviceOf(block).equals(device)) {
        type = block.type();
      }
    }
    return type;
  }

  /** Linux reads the two bytes behind the length, whatever kind of block it is. */
  private static Optional<RequesterId> deviceOf(IvrsBlock block) {
    return switch (block) {
      case Ivhd ivhd -> Optional.of(ivhd.device());
      case Ivmd ivmd -> Optional.of(ivmd.device());
      case IvrsBlock.Unknown unknown -> unknown.device();
    };
  }

  Ivrs ivrs() {
    return ivrs;
  }

  /** {@return the type of block that Linux chooses; 0 in a table without blocks} */
  int blockType() {
    return blockType;
  }

  /** {@return the blocks of that type, in the table's order} */
  List<Ivhd> counting() {
    return counting;
  }

  /** {@return the I/O APICs that Linux finds, by id, in its order} */
  Map<Integer, RequesterId> ioApics() {
    return ioApics;
  }

  /** {@return the requester ids of the devices that {@code block} says it serves} */
  static BitSet devices(Ivhd block) {
    return devices(block, _ -> true);
  }

  /** {@return the same, by those of its entries alone that {@code counts} is true for} */
  static BitSet devices(Ivhd block, Predicate<DeviceSpan> counts) {
    BitSet devices = new BitSet();
    for (DeviceSpan span : block.spans()) {
      if (counts.test(span)) {
        devices.set(span.first().value(), span.last().value() + 1);
        span.alias().ifPresent(alias -> devices.set(alias.value()));
      }
    }
    devices.clear(block.device().value());
    return devices;
  }

  @Override
  public AcpiTable table() {
    return ivrs;
  }

  @Override
  public List<LinuxView.Unit> units() {
    return counting.stream().map(IvrsUnits::shown).toList();
  }

  private static LinuxView.Unit shown(Ivhd unit) {
    return new LinuxView.Unit(
        unit.name(), unit.at().offset(), unit.segment(), unit.registerBase(), false);
  }

  /** {@inheritDoc} Of several the last, as Linux's table has it; none translates its own. */
  @Override
  public UnitOfDevice unitOf(RequesterId requester) {
    RequesterId device = requester.onBus();
    List<Ivhd> units =
        counting.stream().filter(unit -> unit.segment() == requester.segment()).toList();
    boolean isUnit = units.stream().anyMatch(unit -> unit.device().equals(device));
    return units.reversed().stream()
        .filter(unit -> !isUnit && unit.spans().stream().anyMatch(span -> span.serves(device)))
        .findFirst()
        .<UnitOfDevice>map(unit -> new UnitOfDevice.Served(shown(unit)))
        .orElseGet(UnitOfDevice.Unserved::new);
  }

  @Override
  public boolean allowsInterruptRemapping() {
    return true;
  }

  @Override
  public int addressBits() {
    int bits = ivrs.physicalAddressBits();
    return bits == 0 ? Long.SIZE : bits;
  }

  @Override
  public List<MappedRegion> regions() {
    return ivrs.memoryDefinitions().stream()
        .flatMap(memory ->
            memory.region().stream()
                .map(range ->
                    new MappedRegion(
                        memory.at(),
                        memory.name(),
                        memory.segment(),
                        range,
                        new MappedRegion.Users.Requesters(memory))))
        .toList();
  }

  @Override
  public List<AddressRange> regionsOf(RequesterId requester) {
    return ivrs.memoryOf(requester.segment(), requester.onBus()).stream()
        .flatMap(memory -> memory.region().stream())
        .toList();
  }

  @Override
  public List<LinuxView.WithoutUnit> without(int segment) {
    BitSet served = new BitSet();
    List<Ivhd> units = counting.stream().filter(unit -> unit.segment() == segment).toList();
    units.forEach(unit -> served.or(devices(unit)));
    units.forEach(unit -> served.clear(unit.device().value()));
    List<LinuxView.WithoutUnit> gaps = new ArrayList<>();
    for (int from = served.nextClearBit(0); from <= HIGHEST_ID; from = served.nextClearBit(from)) {
      int next = served.nextSetBit(from);
      int last = next < 0 ? HIGHEST_ID : next - 1;
      gaps.add(new LinuxView.WithoutUnit.Ids(segment, from, last));
      from = last + 1;
    }
    return gaps;
  }
}
