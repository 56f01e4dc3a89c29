// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.List;

/**
 * An I/O Remapping Table: the SMMUs of an Arm machine, the root complexes and devices behind them,
 * and which ids their requests carry (Arm DEN0049, "IO Remapping Table").
 *
 * @param header the ACPI header
 * @param checksum whether the bytes add up
 * @param nodeCount how many nodes there are by the table's own field; unsigned 32 bits
 * @param nodes in the table's order
 * @param problems what is wrong, in the order of reading
 */
public record Iort(
    AcpiHeader header,
    Checksum checksum,
    long nodeCount,
    List<TableEntry> nodes,
    List<TableProblem> problems)
    implements AcpiTable {
  public static final String SIGNATURE = IortLayout.SIGNATURE;

  public Iort {
    nodes = List.copyOf(nodes);
    problems = List.copyOf(problems);
  }

  /**
   * Reads a table.
   *
   * @param source what is read, for messages: a file's name or the like
   * @param bytes the table, as {@code /sys/firmware/acpi/tables/IORT} has it
   * @throws org.crashlane.bits.MalformedInputException if the signature is another one or fewer
   *     than the table's first 48 bytes are there
   */
  public static Iort read(String source, byte[] bytes) {
    return new IortReader(source, bytes).read();
  }

  @Override
  public String describe() {
    TableText tree = new TableText();
    tree.head(this);
    tree.line("%d nodes".formatted(nodeCount));
    tree.entries(nodes);
    return tree.toString();
  }
}
