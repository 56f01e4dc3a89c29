// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.crashlane.bits.ByteReader;
import org.crashlane.bits.Hex;
import org.crashlane.bits.MalformedInputException;

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

  /** How structures of one table are told apart and read. */
  interface Structures<T> {

    /** {@return the bytes of type and length, which every structure begins with} */
    default int headBytes() {
      return Short.BYTES + Short.BYTES;
    }

    /** Reads the type, and whatever else stands in front of the length. */
    default int kind(ByteReader in) {
      return in.u16("type");
    }

    /** Reads the length, in bytes. */
    default int lengthBytes(ByteReader in) {
      return in.u16("length");
    }

    /** {@return the structure in words, for a message} */
    String describe(int kind);

    /**
     * Reads what follows the length.
     *
     * @param kind what {@link #kind(ByteReader)} has read
     * @return empty if there is no such structure
     * @throws MalformedInputException if {@code content} is too short for it
     */
    Optional<T> read(int kind, Extent at, ByteReader content);

    /**
     * {@return the structure as it stands}
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
   * @param structures where each of its structures stands, in order
   * @param unread those of that kind, which could not be read
   */
  static Optional<String> whyMayLack(
      AcpiTable table, int prefixBytes, List<Extent> structures, List<Extent> unread) {
    String name = table.header().signature();
    long end =
        structures.isEmpty()
            ? prefixBytes
            : structures.getLast().offset() + structures.getLast().lengthBytes();
    if (table.checksum() != Checksum.RIGHT) {
      return Optional.of("the bytes of the %s table do not add up".formatted(name));
    }
    if (!unread.isEmpty()) {
      return Optional.of(
          "the structure at offset %s of the %s table cannot be read"
              .formatted(Hex.of(unread.getFirst().offset()), name));
    }
    return end == table.header().lengthBytes()
        ? Optional.empty()
        : Optional.of(
            "the %s table has %d bytes, its structures end at %d"
                .formatted(name, table.header().lengthBytes(), end));
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

  void problem(long offset, String reason) {
    problems.add(new TableProblem(offset, reason));
  }

  /** Adds something that is wrong, and is read all the same. */
  void blemish(long offset, String reason) {
    problems.add(new TableProblem(offset, reason, false));
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
          "table length is %d bytes, too few for %s; read to the end of the file"
              .formatted(lengthBytes, signature));
      return bytes.length;
    }
    if (lengthBytes != bytes.length) {
      boolean isCut = lengthBytes > bytes.length;
      String reason =
          "table length is %d bytes, the file has %d: %s"
              .formatted(lengthBytes, bytes.length, isCut ? "truncated" : "the rest is left out");
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
        "checksum is %s, %s would be right"
            .formatted(Hex.of(header.checksumByte(), 2), Hex.of(right, 2)));
    return Checksum.WRONG;
  }

  /** {@return all structures, as far as one leads to the next} */
  <T> List<T> structures(ByteReader body, Structures<T> kinds) {
    List<T> structures = new ArrayList<>();
    while (body.remaining() > 0) {
      long offset = body.offset();
      if (body.remaining() < kinds.headBytes()) {
        problem(offset, "%d bytes at the end are no structure".formatted(body.remaining()));
        break;
      }
      int kind = kinds.kind(body);
      Extent at = new Extent(offset, kinds.lengthBytes(body));
      if (at.lengthBytes() < kinds.headBytes()) {
        problem(
            offset,
            "%s is %d bytes long, too few to find the next one; %d bytes are left unread"
                .formatted(kinds.describe(kind), at.lengthBytes(), body.remaining()));
        break;
      }
      structures.add(structure(kind, at, content(body, at, kinds, kind), kinds));
    }
    return structures;
  }

  /** The bytes behind type and length, as many as the table has. */
  private ByteReader content(ByteReader body, Extent at, Structures<?> kinds, int kind) {
    String what = kinds.describe(kind);
    int wanted = at.lengthBytes() - kinds.headBytes();
    int present = Math.min(wanted, body.remaining());
    if (present < wanted) {
      problem(
          at.offset(),
          "%s is %d bytes long and ends %d bytes behind the table"
              .formatted(what, at.lengthBytes(), wanted - present));
    }
    return body.window(present, what);
  }

  private <T> T structure(int kind, Extent at, ByteReader content, Structures<T> kinds) {
    int from = (int) content.offset();
    int to = from + content.remaining();
    Optional<T> known;
    try {
      known = kinds.read(kind, at, content);
    } catch (MalformedInputException e) {
      // The structure's fixed part does not fit: a fact about this table, not the end of it.
      problem(e.offset(), "%s is too short: %s".formatted(kinds.describe(kind), e.reason()));
      known = Optional.empty();
    }
    return known.orElseGet(
        () -> kinds.unknown(kind, at, HexFormat.of().formatHex(bytes, from, to)));
  }
}
