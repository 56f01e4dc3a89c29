// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.crashlane.bits.ByteReader;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Reason.Code;
import org.crashlane.bits.Reason.Count;
import org.crashlane.bits.Reason.Name;

/**
 * What tables have in common: the ACPI header, a few fields, and structures behind each other, each
 * with its type in front and its length behind that.
 *
 * <p>Each structure is read in a window of the length it gives itself, cut at the table's end, so
 * that a wrong length spoils no more than its own structure.
 */
final class TableFrame {
  private final byte[] bytes;
  private final String signature;
  private final int prefixBytes;
  private final List<TableProblem> problems = new ArrayList<>();
  private final ByteReader reader;
  private final AcpiHeader header;

  /** How structures of one table are distinguished and read. */
  interface Structures<T> {

    /** {@return the bytes of type and length, which every structure begins with} */
    default int headBytes() {
      return Short.BYTES + Short.BYTES;
    }

    /** Reads the type, and whatever else is in front of the length. */
    default int kind(ByteReader in) {
      return in.u16("type");
    }

    /** Reads the length, in bytes. */
    default int lengthBytes(ByteReader in) {
      return in.u16("length");
    }

    /** {@return what the table's manual calls a structure} */
    default String name() {
      return "structure";
    }

    /** {@return the number of its type, as the manual writes it} */
    default Reason.Detail type(int kind) {
      return new Count(kind);
    }

    /**
     * Reads what follows the length.
     *
     * @param kind what {@link #kind(ByteReader)} has read
     * @return empty if there is no such structure
     * @throws MalformedInputException if {@code content} is too short for it
     */
    Optional<T> read(int kind, Extent at, ByteReader content);

    /**
     * {@return the structure as it is}
     *
     * @param content what follows the length, two hexadecimal digits a byte
     */
    T unknown(int kind, Extent at, String content);
  }

  /**
   * Reads the header.
   *
   * @param prefixBytes all in front of the first structure
   * @throws MalformedInputException if the signature is another one or the header is not all there
   */
  TableFrame(String source, byte[] bytes, String signature, int prefixBytes) {
    this.bytes = bytes;
    this.signature = signature;
    this.prefixBytes = prefixBytes;
    this.reader = ByteReader.of(source, bytes);
    this.header = AcpiHeader.read(reader);
    if (!header.signature().equals(signature)) {
      throw new MalformedInputException(
          source,
          0,
          "signature is %s, not \"%s\"".formatted(Quoted.of(header.signature()), signature));
    }
  }

  /**
   * {@return why structures of a kind may be missing from a table as it was read}
   *
   * @param structures where each of its structures is, in order
   * @param unread those of that kind, which could not be read
   */
  static Optional<TableProblem> whyMayLack(
      AcpiTable table, int prefixBytes, List<Extent> structures, List<Extent> unread) {
    long end =
        structures.isEmpty()
            ? prefixBytes
            : structures.getLast().offset() + structures.getLast().lengthBytes();
    if (table.checksum() != Checksum.RIGHT) {
      return Optional.of(
          new TableProblem(AcpiHeader.CHECKSUM_OFFSET, Reason.of(Flaw.BYTES_DO_NOT_ADD_UP)));
    }
    if (!unread.isEmpty()) {
      return Optional.of(
          new TableProblem(unread.getFirst().offset(), Reason.of(Flaw.STRUCTURE_NOT_READ)));
    }
    long lengthBytes = table.header().lengthBytes();
    return end == lengthBytes
        ? Optional.empty()
        : Optional.of(
            new TableProblem(
                end, Reason.of(Flaw.STRUCTURES_END_EARLY, new Count(lengthBytes), new Count(end))));
  }

  AcpiHeader header() {
    return header;
  }

  /** {@return the reader, behind the header: the table's own fields come first} */
  ByteReader reader() {
    return reader;
  }

  /** {@return what is wrong, in the order of reading; more is added here} */
  List<TableProblem> problems() {
    return problems;
  }

  void problem(long offset, Flaw flaw, Reason.Detail... details) {
    problems.add(new TableProblem(offset, Reason.of(flaw, details)));
  }

  /** Adds something that is wrong, and is read all the same. */
  void blemish(long offset, Flaw flaw, Reason.Detail... details) {
    problems.add(new TableProblem(offset, Reason.of(flaw, details), false));
  }

  /** {@return a reader of the structures, as many bytes as the table says and has} */
  ByteReader body() {
    return reader.window(usableLength() - prefixBytes, "structures");
  }

  /** How many bytes to read as the table; what is wrong with the length it gives is reported. */
  private int usableLength() {
    long lengthBytes = header.lengthBytes();
    if (lengthBytes < prefixBytes) {
      problem(
          AcpiHeader.LENGTH_OFFSET,
          Flaw.LENGTH_TOO_SMALL,
          new Count(lengthBytes),
          new Name(signature));
      return bytes.length;
    }
    if (lengthBytes != bytes.length) {
      boolean isCut = lengthBytes > bytes.length;
      Flaw flaw = isCut ? Flaw.TRUNCATED : Flaw.FILE_LONGER;
      Reason reason = Reason.of(flaw, new Count(lengthBytes), new Count(bytes.length));
      problems.add(new TableProblem(AcpiHeader.LENGTH_OFFSET, reason, isCut));
    }
    return (int) Math.min(lengthBytes, bytes.length);
  }

  /** {@return whether the bytes add up; if not, that is a problem} */
  Checksum checksum() {
    long lengthBytes = header.lengthBytes();
    if (lengthBytes < prefixBytes || lengthBytes > bytes.length) {
      return Checksum.UNVERIFIABLE;
    }
    int sum = AcpiHeader.sum(bytes, (int) lengthBytes);
    if (sum == 0) {
      return Checksum.RIGHT;
    }
    int right = Byte.toUnsignedInt((byte) (header.checksumByte() - sum));
    blemish(
        AcpiHeader.CHECKSUM_OFFSET,
        Flaw.CHECKSUM,
        new Code(header.checksumByte()),
        new Code(right));
    return Checksum.WRONG;
  }

  /** {@return all structures, as far as one leads to the next} */
  <T> List<T> structures(ByteReader body, Structures<T> kinds) {
    List<T> structures = new ArrayList<>();
    while (body.remaining() > 0) {
      long offset = body.offset();
      if (body.remaining() < kinds.headBytes()) {
        problem(offset, Flaw.REST_IS_NO_STRUCTURE, new Count(body.remaining()));
        break;
      }
      int kind = kinds.kind(body);
      Extent at = new Extent(offset, kinds.lengthBytes(body));
      if (at.lengthBytes() < kinds.headBytes()) {
        problem(
            offset,
            Flaw.NEXT_STRUCTURE_NOT_FOUND,
            new Name(kinds.name()),
            kinds.type(kind),
            new Count(at.lengthBytes()),
            new Count(body.remaining()));
        break;
      }
      structures.add(structure(kind, at, content(body, at, kinds, kind), kinds));
    }
    return structures;
  }

  /** The bytes behind type and length, as many as the table has. */
  private ByteReader content(ByteReader body, Extent at, Structures<?> kinds, int kind) {
    int wanted = at.lengthBytes() - kinds.headBytes();
    int present = Math.min(wanted, body.remaining());
    if (present < wanted) {
      problem(
          at.offset(),
          Flaw.STRUCTURE_BEYOND_TABLE,
          new Name(kinds.name()),
          kinds.type(kind),
          new Count(at.lengthBytes()),
          new Count(wanted - present));
    }
    return body.window(present, kinds.name());
  }

  private <T> T structure(int kind, Extent at, ByteReader content, Structures<T> kinds) {
    int from = (int) content.offset();
    int to = from + content.remaining();
    Optional<T> known;
    try {
      known = kinds.read(kind, at, content);
    } catch (MalformedInputException.Truncated e) {
      // The structure's fixed part does not fit: a fact about this table, not the end of it.
      List<Reason.Detail> details =
          new ArrayList<>(List.of(new Name(kinds.name()), kinds.type(kind)));
      details.addAll(e.details());
      problems.add(new TableProblem(e.offset(), new Reason(Flaw.STRUCTURE_TOO_SHORT, details)));
      known = Optional.empty();
    }
    return known.orElseGet(
        () -> kinds.unknown(kind, at, HexFormat.of().formatHex(bytes, from, to)));
  }
}
