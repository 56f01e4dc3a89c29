// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.List;
import org.crashlane.bits.ByteReader;
import org.crashlane.bits.MalformedInputException;

/** A table in which firmware reports the IOMMUs of a machine, or what they depend on. */
public sealed interface AcpiTable permits Dmar, Ivrs, Madt, Iort {
  /** The signatures of the tables that can be read. */
  List<String> SIGNATURES =
      List.of(
          DmarLayout.SIGNATURE, IvrsLayout.SIGNATURE, MadtLayout.SIGNATURE, IortLayout.SIGNATURE);

  /** {@return the ACPI header} */
  AcpiHeader header();

  /** {@return whether the bytes add up} */
  Checksum checksum();

  /** {@return what is wrong but could be read all the same, in the order of reading} */
  List<TableProblem> problems();

  /** {@return the table for people: a tree, one line a structure or part} */
  String describe();

  /**
   * Reads a table by its signature.
   *
   * @param source what is read, for messages: a file's name or the like
   * @param bytes the table, as {@code /sys/firmware/acpi/tables} has it
   * @throws MalformedInputException if it is none of these tables, or too short for one
   */
  static AcpiTable read(String source, byte[] bytes) {
    String signature = ByteReader.of(source, bytes).text(AcpiHeader.SIGNATURE_BYTES, "signature");
    return switch (signature) {
      case DmarLayout.SIGNATURE -> Dmar.read(source, bytes);
      case IvrsLayout.SIGNATURE -> Ivrs.read(source, bytes);
      case MadtLayout.SIGNATURE -> Madt.read(source, bytes);
      case IortLayout.SIGNATURE -> Iort.read(source, bytes);
      default ->
          throw new MalformedInputException(
              source,
              0,
              "signature is %s, expected one of %s"
                  .formatted(Quoted.of(signature), String.join(", ", SIGNATURES)));
    };
  }
}
