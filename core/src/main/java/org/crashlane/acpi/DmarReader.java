// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.crashlane.acpi.DmarStructure.Andd;
import org.crashlane.acpi.DmarStructure.Atsr;
import org.crashlane.acpi.DmarStructure.Drhd;
import org.crashlane.acpi.DmarStructure.Rhsa;
import org.crashlane.acpi.DmarStructure.Rmrr;
import org.crashlane.acpi.DmarStructure.Satc;
import org.crashlane.acpi.DmarStructure.Sidp;
import org.crashlane.acpi.DmarStructure.Unknown;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.ByteReader;
import org.crashlane.bits.Hex;
import org.crashlane.bits.MalformedInputException;

/**
 * Reads one DMAR table. Each structure is read in a window of the length it gives itself, cut at
 * the table's end, so that a wrong length spoils no more than its own structure.
 */
final class DmarReader {
  private final String source;
  private final byte[] bytes;
  private final List<TableProblem> problems = new ArrayList<>();

  DmarReader(String source, byte[] bytes) {
    this.source = source;
    this.bytes = bytes;
  }

  Dmar read() {
    ByteReader reader = ByteReader.of(source, bytes);
    AcpiHeader header = AcpiHeader.read(reader);
    if (!header.signature().equals(DmarLayout.SIGNATURE)) {
      throw new MalformedInputException(
          source, 0, "signature is %s, not \"DMAR\"".formatted(Quoted.of(header.signature())));
    }
    int widthByte = reader.u8("host address width");
    int flags = reader.u8("flags");
    reader.skip(DmarLayout.RESERVED_BYTES, "reserved bytes");
    int lengthBytes = usableLength(header.lengthBytes());
    Checksum checksum = checksum(header);
    ByteReader body = reader.window(lengthBytes - DmarLayout.PREFIX_BYTES, "structures");
    return new Dmar(header, checksum, widthByte + 1, flags, structures(body), problems);
  }

  /** How many bytes to read as the table; what is wrong with the length it gives is reported. */
  private int usableLength(long lengthBytes) {
    if (lengthBytes < DmarLayout.PREFIX_BYTES) {
      problem(
          AcpiHeader.LENGTH_OFFSET,
          "table length is %d bytes, too few for a DMAR; read to the end of the file"
              .formatted(lengthBytes));
      return bytes.length;
    }
    if (lengthBytes != bytes.length) {
      problem(
          AcpiHeader.LENGTH_OFFSET,
          "table length is %d bytes, the file has %d: %s"
              .formatted(
                  lengthBytes,
                  bytes.length,
                  lengthBytes > bytes.length ? "truncated" : "the rest is left out"));
    }
    return (int) Math.min(lengthBytes, bytes.length);
  }

  private Checksum checksum(AcpiHeader header) {
    long lengthBytes = header.lengthBytes();
    if (lengthBytes < DmarLayout.PREFIX_BYTES || lengthBytes > bytes.length) {
      return Checksum.UNVERIFIABLE;
    }
    int sum = AcpiHeader.sum(bytes, (int) lengthBytes);
    if (sum == 0) {
      return Checksum.RIGHT;
    }
    int right = Byte.toUnsignedInt((byte) (header.checksumByte() - sum));
    problem(
        AcpiHeader.CHECKSUM_OFFSET,
        "checksum is %s, %s would be right"
            .formatted(Hex.of(header.checksumByte(), 2), Hex.of(right, 2)));
    return Checksum.WRONG;
  }

  private List<DmarStructure> structures(ByteReader body) {
    List<DmarStructure> structures = new ArrayList<>();
    while (body.remaining() > 0) {
      long offset = body.offset();
      if (body.remaining() < DmarLayout.STRUCTURE_HEADER_BYTES) {
        problem(offset, "%d bytes at the end are no structure".formatted(body.remaining()));
        break;
      }
      int type = body.u16("type");
      Extent at = new Extent(offset, body.u16("length"));
      if (at.lengthBytes() < DmarLayout.STRUCTURE_HEADER_BYTES) {
        problem(
            offset,
            ("structure of type %d is %d bytes long, too few to find the next one; %d bytes are left"
                    + " unread")
                .formatted(type, at.lengthBytes(), body.remaining()));
        break;
      }
      structures.add(structure(type, at, content(body, at, "structure of type " + type)));
    }
    return structures;
  }

  /** The bytes behind type and length, as many as the table has. */
  private ByteReader content(ByteReader body, Extent at, String what) {
    int wanted = at.lengthBytes() - DmarLayout.STRUCTURE_HEADER_BYTES;
    int present = Math.min(wanted, body.remaining());
    if (present < wanted) {
      problem(
          at.offset(),
          "%s is %d bytes long and ends %d bytes behind the table"
              .formatted(what, at.lengthBytes(), wanted - present));
    }
    return body.window(present, what);
  }

  private DmarStructure structure(int type, Extent at, ByteReader in) {
    long contentOffset = in.offset();
    int contentBytes = in.remaining();
    try {
      return switch (type) {
        case DmarLayout.DRHD -> drhd(at, in);
        case DmarLayout.RMRR -> rmrr(at, in);
        case DmarLayout.ATSR -> atsr(at, in);
        case DmarLayout.RHSA -> rhsa(at, in);
        case DmarLayout.ANDD -> andd(at, in);
        case DmarLayout.SATC -> satc(at, in);
        case DmarLayout.SIDP -> sidp(at, in);
        default -> {
          problem(at.offset(), "structure type %d is not known".formatted(type));
          yield unknown(type, at, contentOffset, contentBytes);
        }
      };
    } catch (MalformedInputException e) {
      // The structure's fixed part does not fit: a fact about this table, not the end of it.
      problem(e.offset(), "structure of type %d is too short: %s".formatted(type, e.reason()));
      return unknown(type, at, contentOffset, contentBytes);
    }
  }

  private Drhd drhd(Extent at, ByteReader in) {
    int flags = in.u8("flags");
    int size = in.u8("size");
    int segment = in.u16("segment number");
    long baseOffset = in.offset();
    long registerBase = in.u64("register base address");
    if (!Alignment.isAligned(registerBase, DmarLayout.REGISTER_PAGE_BYTES)) {
      problem(
          baseOffset, "register base %s is no multiple of 4 KiB".formatted(Hex.of(registerBase)));
    }
    return new Drhd(at, flags, size, segment, registerBase, scopes(in));
  }

  private Rmrr rmrr(Extent at, ByteReader in) {
    in.u16("reserved bytes");
    int segment = in.u16("segment number");
    long baseOffset = in.offset();
    long base = in.u64("base address");
    long limit = in.u64("limit address");
    if (Long.compareUnsigned(base, limit) > 0) {
      problem(
          baseOffset,
          "region ends at %s before it begins at %s".formatted(Hex.of(limit), Hex.of(base)));
    } else if (!Alignment.isAligned(base, DmarLayout.RMRR_ALIGNMENT_BYTES)
        || !Alignment.isAligned(limit + 1, DmarLayout.RMRR_ALIGNMENT_BYTES)) {
      problem(
          baseOffset,
          "region %s-%s is not whole 4 KiB pages".formatted(Hex.of(base), Hex.of(limit)));
    }
    return new Rmrr(at, segment, base, limit, scopes(in));
  }

  private Atsr atsr(Extent at, ByteReader in) {
    int flags = in.u8("flags");
    in.u8("reserved byte");
    return new Atsr(at, flags, in.u16("segment number"), scopes(in));
  }

  private Rhsa rhsa(Extent at, ByteReader in) {
    in.u32("reserved bytes");
    return new Rhsa(at, in.u64("register base address"), in.u32("proximity domain"));
  }

  private Andd andd(Extent at, ByteReader in) {
    in.skip(DmarLayout.ANDD_RESERVED_BYTES, "reserved bytes");
    int deviceNumber = in.u8("ACPI device number");
    long nameOffset = in.offset();
    String name = in.text(in.remaining(), "ACPI object name");
    int zero = name.indexOf('\0');
    if (zero < 0) {
      problem(nameOffset, "ACPI object name has no zero byte at its end");
    }
    return new Andd(at, deviceNumber, zero < 0 ? name : name.substring(0, zero));
  }

  private Satc satc(Extent at, ByteReader in) {
    int flags = in.u8("flags");
    in.u8("reserved byte");
    return new Satc(at, flags, in.u16("segment number"), scopes(in));
  }

  private Sidp sidp(Extent at, ByteReader in) {
    in.u16("reserved bytes");
    return new Sidp(at, in.u16("segment number"), scopes(in));
  }

  private List<DeviceScope> scopes(ByteReader in) {
    return new DeviceScopeReader(problems).read(in);
  }

  private Unknown unknown(int type, Extent at, long contentOffset, int contentBytes) {
    int from = (int) contentOffset;
    return new Unknown(at, type, HexFormat.of().formatHex(bytes, from, from + contentBytes));
  }

  private void problem(long offset, String reason) {
    problems.add(new TableProblem(offset, reason));
  }
}
