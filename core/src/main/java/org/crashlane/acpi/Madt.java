// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.crashlane.bits.ByteReader;
import org.crashlane.bits.Hex;

/**
 * A Multiple APIC Description Table, signature {@code APIC}: the processors and the interrupt
 * controllers of a machine (ACPI 6.5 section 5.2.12).
 *
 * @param header the ACPI header
 * @param checksum whether the bytes add up
 * @param localApicAddress where each processor sees its own APIC; unsigned 32 bits
 * @param flags see {@link #flagNames()}
 * @param entries in the table's order
 * @param problems what is wrong, in the order of reading
 */
public record Madt(
    AcpiHeader header,
    Checksum checksum,
    long localApicAddress,
    long flags,
    List<TableEntry> entries,
    List<TableProblem> problems)
    implements AcpiTable {
  public static final String SIGNATURE = MadtLayout.SIGNATURE;

  public Madt {
    entries = List.copyOf(entries);
    problems = List.copyOf(problems);
  }

  /**
   * An I/O APIC.
   *
   * @param at where its structure is in the table
   * @param id what DMAR and IVRS tables call it by
   * @param address physical address of its registers
   * @param gsiBase the number of its first interrupt
   */
  public record IoApic(Extent at, int id, long address, long gsiBase) {}

  /**
   * A processor that an x86 kernel may start.
   *
   * @param apicId its interrupt controller's id; above 254 only x2APIC mode reaches it
   * @param isEnabled false for one that may be plugged in later
   */
  public record Processor(long apicId, boolean isEnabled) {
    /** The highest id that a processor can be reached by outside x2APIC mode; 255 is all. */
    public static final int HIGHEST_XAPIC_ID = 254;
  }

  /**
   * Reads a table.
   *
   * @param source what is read, for messages: a file's name or the like
   * @param bytes the table, as {@code /sys/firmware/acpi/tables/APIC} has it
   * @throws org.crashlane.bits.MalformedInputException if the signature is another one or fewer
   *     than the table's first 44 bytes are there
   */
  public static Madt read(String source, byte[] bytes) {
    TableFrame frame = new TableFrame(source, bytes, MadtLayout.SIGNATURE, MadtLayout.PREFIX_BYTES);
    long address = frame.reader().u32("local APIC address");
    long flags = frame.reader().u32("flags");
    ByteReader body = frame.body();
    Checksum checksum = frame.checksum();
    List<TableEntry> entries = frame.structures(body, new Structures());
    return new Madt(frame.header(), checksum, address, flags, entries, frame.problems());
  }

  /** {@return names of the table's flags that are set} */
  public List<String> flagNames() {
    return FlagNames.of(flags, MadtLayout.PCAT_COMPAT);
  }

  /** {@return the I/O APICs, in the table's order} */
  public List<IoApic> ioApics() {
    return only(MadtLayout.IO_APIC)
        .map(entry ->
            new IoApic(
                entry.at(),
                (int) entry.value(MadtLayout.IO_APIC_ID),
                entry.value(MadtLayout.ADDRESS),
                entry.value(MadtLayout.GSI_BASE)))
        .toList();
  }

  /** {@return the processors that are enabled or may be, in the table's order} */
  public List<Processor> processors() {
    return entries.stream()
        .filter(TableEntry::isKnown)
        .filter(entry ->
            entry.type() == MadtLayout.LOCAL_APIC || entry.type() == MadtLayout.LOCAL_X2APIC)
        .filter(entry -> isEnabled(entry) || isOnlineCapable(entry))
        .filter(entry -> !isUnused(entry))
        .map(entry -> new Processor(entry.value(MadtLayout.APIC_ID), isEnabled(entry)))
        .toList();
  }

  @Override
  public String describe() {
    TableText tree = new TableText();
    tree.head(this);
    tree.line(
        "local APICs at %s; flags %s"
            .formatted(Hex.of(localApicAddress), TableText.flags(flags, flagNames())));
    tree.entries(entries);
    return tree.toString();
  }

  private static boolean isUnused(TableEntry processor) {
    return processor.type() == MadtLayout.LOCAL_APIC
        && processor.value(MadtLayout.APIC_ID) == MadtLayout.NO_APIC_ID;
  }

  private static boolean isEnabled(TableEntry processor) {
    return MadtLayout.ENABLED.isSet(processor.value(MadtLayout.FLAGS));
  }

  private static boolean isOnlineCapable(TableEntry processor) {
    return MadtLayout.ONLINE_CAPABLE.isSet(processor.value(MadtLayout.FLAGS));
  }

  private Stream<TableEntry> only(int type) {
    return entries.stream().filter(entry -> entry.type() == type && entry.isKnown());
  }

  /** Type and length have a byte each here. */
  private static final class Structures implements TableFrame.Structures<TableEntry> {
    @Override
    public int headBytes() {
      return MadtLayout.HEAD_BYTES;
    }

    @Override
    public int kind(ByteReader in) {
      return in.u8("type");
    }

    @Override
    public int lengthBytes(ByteReader in) {
      return in.u8("length");
    }

    @Override
    public Optional<TableEntry> read(int type, Extent at, ByteReader in) {
      return Optional.ofNullable(MadtLayout.STRUCTURES.get(type))
          .map(layout -> {
            List<FieldValue> fields = layout.read(in);
            return TableEntry.of(at, type, layout.name(), fields, FieldTable.rest(in));
          });
    }

    @Override
    public TableEntry unknown(int type, Extent at, String content) {
      return TableEntry.unknown(at, type, content);
    }
  }
}
