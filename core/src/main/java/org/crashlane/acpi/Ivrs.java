// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.crashlane.acpi.IvhdEntry.Special;
import org.crashlane.acpi.IvrsBlock.Ivhd;
import org.crashlane.acpi.IvrsBlock.Ivmd;
import org.crashlane.pci.RequesterId;

/**
 * An I/O Virtualization Reporting Structure: what the firmware says about a machine's AMD IOMMUs
 * (AMD specification 48882, chapter "I/O Virtualization ACPI Table").
 *
 * <p>Real machines have wrong tables. What is wrong but readable is in {@link #problems()}, and the
 * rest of the table is there all the same. Linux does not forgive a wrong checksum here: it leaves
 * the IOMMUs alone ({@code check_ivrs_checksum} in {@code drivers/iommu/amd/init.c}).
 *
 * @param header the ACPI header
 * @param checksum whether the bytes add up
 * @param info IVinfo, 32 bits; see {@link #flagNames()} and the address widths
 * @param blocks in the table's order
 * @param problems what is wrong, in the order of reading
 */
public record Ivrs(
    AcpiHeader header,
    Checksum checksum,
    long info,
    List<IvrsBlock> blocks,
    List<TableProblem> problems)
    implements AcpiTable {
  public static final String SIGNATURE = IvrsLayout.SIGNATURE;

  /** Bytes in front of the first block. */
  public static final int PREFIX_BYTES = IvrsLayout.PREFIX_BYTES;

  public Ivrs {
    blocks = List.copyOf(blocks);
    problems = List.copyOf(problems);
  }

  /**
   * Reads a table.
   *
   * @param source what is read, for messages: a file's name or the like
   * @param bytes the table, as {@code /sys/firmware/acpi/tables/IVRS} has it
   * @throws org.crashlane.bits.MalformedInputException if the signature is another one or fewer
   *     than the table's first 48 bytes are there
   */
  public static Ivrs read(String source, byte[] bytes) {
    return new IvrsReader(source, bytes).read();
  }

  /** {@return names of the flags of IVinfo that are set} */
  public List<String> flagNames() {
    return FlagNames.of(info, IvrsLayout.EFR_SUP, IvrsLayout.DMA_REMAP_SUP, IvrsLayout.HT_ATS_RESV);
  }

  /** {@return true if the feature images of IVHD blocks 0x11 and 0x40 are to be believed} */
  public boolean reportsExtendedFeatures() {
    return IvrsLayout.EFR_SUP.isSet(info);
  }

  /** {@return true if the firmware uses DMA remapping before it starts the operating system} */
  public boolean supportsDmaRemapping() {
    return IvrsLayout.DMA_REMAP_SUP.isSet(info);
  }

  /** {@return true if addresses of HyperTransport ATS responses are not to be translated} */
  public boolean reservesHtAtsRange() {
    return IvrsLayout.HT_ATS_RESV.isSet(info);
  }

  /** {@return width of physical addresses, 0 to 127 as the field allows} */
  public int physicalAddressBits() {
    return (int) IvrsLayout.PA_SIZE.get(info);
  }

  /** {@return width of the addresses that devices send; 0 where the firmware does not say} */
  public int virtualAddressBits() {
    return (int) IvrsLayout.VA_SIZE.get(info);
  }

  /** {@return width of guests' virtual addresses; empty for a code that is reserved} */
  public OptionalInt guestVirtualAddressBits() {
    return IvrsLayout.GVA_SIZE.get(info) == IvrsLayout.GVA_SIZE_48_BITS
        ? OptionalInt.of(IvrsLayout.GUEST_VIRTUAL_ADDRESS_BITS)
        : OptionalInt.empty();
  }

  /**
   * {@return the IOMMUs, each once}
   *
   * <p>Firmware describes a unit by up to three blocks, for old and new operating systems. Of those
   * the highest type counts. Linux chooses so once for all units, by the blocks of the first one
   * ({@code get_highest_supported_ivhd_type} in {@code drivers/iommu/amd/init.c}, 6.3), and passes
   * over a unit that has no block of that type.
   */
  public List<Ivhd> units() {
    record Place(int segment, RequesterId device) {}
    Map<Place, Ivhd> units = new LinkedHashMap<>();
    only(Ivhd.class)
        .forEach(unit ->
            units.merge(
                new Place(unit.segment(), unit.device()),
                unit,
                (before, now) -> before.type() > now.type() ? before : now));
    return List.copyOf(units.values());
  }

  /**
   * {@return the IOMMU that translates the requests of {@code requester}} Of several the last in
   * the table, as in Linux; none translates its own requests.
   *
   * @param segment PCI segment of the requester
   */
  public Optional<Ivhd> unitOf(int segment, RequesterId requester) {
    List<Ivhd> units = units();
    boolean isUnit = units.stream().anyMatch(unit -> unit.isAt(segment, requester));
    return units.stream()
        .filter(unit -> !isUnit && unit.segment() == segment)
        .filter(unit -> unit.spans().stream().anyMatch(span -> span.serves(requester)))
        .reduce((_, later) -> later);
  }

  /**
   * {@return the requester id that the requests of {@code requester} carry: its own, or what the
   * last alias says}
   *
   * @param segment PCI segment of the requester
   */
  public RequesterId aliasOf(int segment, RequesterId requester) {
    return units().stream()
        .filter(unit -> unit.segment() == segment)
        .flatMap(unit -> unit.spans().stream())
        .filter(span -> span.contains(requester))
        .flatMap(span -> span.alias().stream())
        .reduce((_, later) -> later)
        .orElse(requester);
  }

  /** {@return I/O APICs and HPETs: the requester ids of their interrupts} */
  public List<Special> specialDevices() {
    return units().stream()
        .flatMap(unit -> unit.entries().stream())
        .filter(Special.class::isInstance)
        .map(Special.class::cast)
        .toList();
  }

  /** {@return the requester id that I/O APIC {@code id} sends interrupts with} */
  public Optional<RequesterId> ioApic(int id) {
    return special(Special.Variety.IOAPIC, id);
  }

  /** {@return the requester ids that I/O APICs send interrupts with} */
  public List<RequesterId> ioApics() {
    return specialDevices().stream()
        .filter(special -> special.kind() == Special.Variety.IOAPIC)
        .map(Special::device)
        .distinct()
        .toList();
  }

  /** {@return the requester id that HPET {@code number} sends interrupts with} */
  public Optional<RequesterId> hpet(int number) {
    return special(Special.Variety.HPET, number);
  }

  /** {@return the memory that is to be unity-mapped or left untranslated} */
  public List<Ivmd> memoryDefinitions() {
    return only(Ivmd.class).filter(Ivmd::hasEffect).toList();
  }

  /**
   * {@return the memory that is to be unity-mapped or left untranslated for {@code requester}}
   *
   * @param segment PCI segment of the requester
   */
  public List<Ivmd> memoryOf(int segment, RequesterId requester) {
    return memoryDefinitions().stream()
        .filter(memory -> memory.segment() == segment && memory.covers(requester))
        .toList();
  }

  /** {@return why {@link #memoryDefinitions} may lack some; empty if it has all} */
  public Optional<TableProblem> whyRegionsMayLack() {
    return TableFrame.whyMayLack(
        this,
        PREFIX_BYTES,
        blocks.stream().map(IvrsBlock::at).toList(),
        Stream.concat(
                blocks.stream()
                    .filter(b -> b instanceof IvrsBlock.Unknown && IvrsLayout.isMemory(b.type())),
                memoryDefinitions().stream().filter(m -> m.region().isEmpty()))
            .map(IvrsBlock::at)
            .toList());
  }

  @Override
  public String describe() {
    return IvrsText.of(this);
  }

  private Optional<RequesterId> special(Special.Variety kind, int handle) {
    return specialDevices().stream()
        .filter(device -> device.kind() == kind && device.handle() == handle)
        .map(Special::device)
        .findFirst();
  }

  private <T extends IvrsBlock> Stream<T> only(Class<T> kind) {
    return blocks.stream().filter(kind::isInstance).map(kind::cast);
  }
}
