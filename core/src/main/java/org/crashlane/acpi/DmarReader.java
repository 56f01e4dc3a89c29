// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.List;
import java.util.Optional;
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
import org.crashlane.bits.Reason.At;
import org.crashlane.bits.Reason.Size;

/** Reads one DMAR table. */
final class DmarReader implements TableFrame.Structures<DmarStructure> {
  private final TableFrame frame;

  DmarReader(String source, byte[] bytes) {
    this.frame = new TableFrame(source, bytes, DmarLayout.SIGNATURE, DmarLayout.PREFIX_BYTES);
  }

  Dmar read() {
    ByteReader reader = frame.reader();
    int widthByte = reader.u8("host address width");
    int flags = reader.u8("flags");
    reader.skip(DmarLayout.RESERVED_BYTES, "reserved bytes");
    ByteReader body = frame.body();
    Checksum checksum = frame.checksum();
    return new Dmar(
        frame.header(),
        checksum,
        widthByte + 1,
        flags,
        frame.structures(body, this),
        frame.problems());
  }

  @Override
  public Optional<DmarStructure> read(int type, Extent at, ByteReader in) {
    return switch (type) {
      case DmarLayout.DRHD -> Optional.of(drhd(at, in));
      case DmarLayout.RMRR -> Optional.of(rmrr(at, in));
      case DmarLayout.ATSR -> Optional.of(atsr(at, in));
      case DmarLayout.RHSA -> Optional.of(rhsa(at, in));
      case DmarLayout.ANDD -> Optional.of(andd(at, in));
      case DmarLayout.SATC -> Optional.of(satc(at, in));
      case DmarLayout.SIDP -> Optional.of(sidp(at, in));
      default -> Optional.empty();
    };
  }

  @Override
  public DmarStructure unknown(int type, Extent at, String content) {
    return new Unknown(at, type, content);
  }

  private Drhd drhd(Extent at, ByteReader in) {
    int flags = in.u8("flags");
    int size = in.u8("size");
    int segment = in.u16("segment number");
    long baseOffset = in.offset();
    long registerBase = in.u64("register base address");
    if (!Alignment.isAligned(registerBase, DmarLayout.REGISTER_PAGE_BYTES)) {
      frame.problem(
          baseOffset,
          Flaw.REGISTER_BASE_UNALIGNED,
          new At(registerBase),
          new Size(DmarLayout.REGISTER_PAGE_BYTES));
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
      frame.blemish(baseOffset, Flaw.REGION_BACKWARDS, new At(limit), new At(base));
    } else if (!Alignment.isAligned(base, DmarLayout.RMRR_ALIGNMENT_BYTES)
        || !Alignment.isAligned(limit + 1, DmarLayout.RMRR_ALIGNMENT_BYTES)) {
      frame.blemish(baseOffset, Flaw.REGION_NOT_WHOLE_PAGES, new At(base), new At(limit));
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
      frame.problem(nameOffset, Flaw.NAME_WITHOUT_END);
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
    return new DeviceScopeReader(frame.problems()).read(in);
  }
}
