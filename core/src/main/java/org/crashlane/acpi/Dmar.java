// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.crashlane.pci.RequesterId;

/**
 * A DMA Remapping Reporting table: what the firmware says about a machine's Intel IOMMUs (VT-d
 * specification revision 4.1, section 8.1).
 *
 * <p>Real machines have wrong tables. What is wrong but readable is in {@link #problems()}, and the
 * rest of the table is there all the same.
 *
 * @param header the ACPI header
 * @param checksum whether the bytes add up
 * @param hostAddressWidthBits width of physical addresses for DMA, 1 to 256 as the byte allows
 * @param flags see {@link #flagNames()}
 * @param structures in the table's order
 * @param problems what is wrong, in the order of reading
 */
public record Dmar(
    AcpiHeader header,
    Checksum checksum,
    int hostAddressWidthBits,
    int flags,
    List<DmarStructure> structures,
    List<TableProblem> problems)
    implements AcpiTable {
  public static final String SIGNATURE = DmarLayout.SIGNATURE;

  /** Bytes in front of the first structure. */
  public static final int PREFIX_BYTES = DmarLayout.PREFIX_BYTES;

  /** Where the table has its address width and its flags. */
  public static final int HOST_ADDRESS_WIDTH_OFFSET = DmarLayout.HOST_ADDRESS_WIDTH_OFFSET;

  public static final int FLAGS_OFFSET = HOST_ADDRESS_WIDTH_OFFSET + 1;

  /** The highest structure type of the specification. */
  public static final int HIGHEST_TYPE = DmarLayout.SIDP;

  public Dmar {
    structures = List.copyOf(structures);
    problems = List.copyOf(problems);
  }

  /**
   * Reads a table.
   *
   * @param source what is read, for messages: a file's name or the like
   * @param bytes the table, as {@code /sys/firmware/acpi/tables/DMAR} has it
   * @throws org.crashlane.bits.MalformedInputException if the signature is another one or fewer
   *     than the table's first 48 bytes are there
   */
  public static Dmar read(String source, byte[] bytes) {
    return new DmarReader(source, bytes).read();
  }

  /** {@return true if the platform supports interrupt remapping} */
  public boolean supportsInterruptRemapping() {
    return DmarLayout.INTR_REMAP.isSet(flags);
  }

  /** {@return true if firmware asks for x2APIC mode to stay off} */
  public boolean optsOutOfX2apic() {
    return DmarLayout.X2APIC_OPT_OUT.isSet(flags);
  }

  /** {@return true if firmware asks the operating system to block DMA of untrusted devices} */
  public boolean optsIntoDmaControl() {
    return DmarLayout.DMA_CTRL_PLATFORM_OPT_IN_FLAG.isSet(flags);
  }

  /** {@return names of the flags that are set} */
  public List<String> flagNames() {
    return FlagNames.of(
        flags,
        DmarLayout.INTR_REMAP,
        DmarLayout.X2APIC_OPT_OUT,
        DmarLayout.DMA_CTRL_PLATFORM_OPT_IN_FLAG);
  }

  /** {@return the IOMMUs} */
  public List<DmarStructure.Drhd> units() {
    return only(DmarStructure.Drhd.class).toList();
  }

  /** {@return the requester ids that I/O APICs send interrupts with, as far as the table tells} */
  public List<RequesterId> ioApics() {
    return units().stream()
        .flatMap(unit -> unit.scopes().stream())
        .filter(scope -> scope.kind() == DeviceScope.Kind.IOAPIC)
        .flatMap(scope -> scope.requester().stream())
        .distinct()
        .toList();
  }

  /** {@return the memory that firmware's devices keep using} */
  public List<DmarStructure.Rmrr> reservedRegions() {
    return only(DmarStructure.Rmrr.class).toList();
  }

  /** {@return why {@link #reservedRegions} may lack some; empty if it has all} */
  public Optional<TableProblem> whyRegionsMayLack() {
    return TableFrame.whyMayLack(
        this,
        PREFIX_BYTES,
        structures.stream().map(DmarStructure::at).toList(),
        structures.stream()
            .filter(s -> s instanceof DmarStructure.Unknown && s.type() == DmarLayout.RMRR)
            .map(DmarStructure::at)
            .toList());
  }

  @Override
  public String describe() {
    return DmarText.of(this);
  }

  private <T extends DmarStructure> Stream<T> only(Class<T> kind) {
    return structures.stream().filter(kind::isInstance).map(kind::cast);
  }
}
