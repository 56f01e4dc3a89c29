// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.List;
import java.util.Optional;
import org.crashlane.acpi.IvrsBlock.Ivhd;
import org.crashlane.acpi.IvrsBlock.Ivhd.ExtendedFeatures;
import org.crashlane.acpi.IvrsBlock.Ivmd;
import org.crashlane.acpi.IvrsBlock.Unknown;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.ByteReader;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Reason.At;
import org.crashlane.bits.Reason.Code;
import org.crashlane.bits.Reason.Device;
import org.crashlane.bits.Reason.Size;
import org.crashlane.pci.RequesterId;

/** Reads one IVRS table. */
final class IvrsReader implements TableFrame.Structures<IvrsBlock> {
  private final TableFrame frame;

  IvrsReader(String source, byte[] bytes) {
    this.frame = new TableFrame(source, bytes, IvrsLayout.SIGNATURE, IvrsLayout.PREFIX_BYTES);
  }

  Ivrs read() {
    ByteReader reader = frame.reader();
    long info = reader.u32("IVinfo");
    reader.skip(IvrsLayout.RESERVED_BYTES, "reserved bytes");
    ByteReader body = frame.body();
    Checksum checksum = frame.checksum();
    List<IvrsBlock> blocks = frame.structures(body, this);
    return new Ivrs(frame.header(), checksum, info, blocks, frame.problems());
  }

  @Override
  public String name() {
    return "block";
  }

  @Override
  public Reason.Detail type(int kind) {
    return new Code(typeOf(kind));
  }

  @Override
  public Optional<IvrsBlock> read(int kind, Extent at, ByteReader in) {
    int type = typeOf(kind);
    return switch (type) {
      case IvrsLayout.IVHD_10H, IvrsLayout.IVHD_11H, IvrsLayout.IVHD_40H ->
          Optional.of(ivhd(at, kind, in));
      case IvrsLayout.IVMD_ALL, IvrsLayout.IVMD_SELECT, IvrsLayout.IVMD_RANGE ->
          Optional.of(ivmd(at, kind, in));
      default -> Optional.empty();
    };
  }

  @Override
  public IvrsBlock unknown(int kind, Extent at, String content) {
    return new Unknown(at, typeOf(kind), flags(kind), content);
  }

  private Ivhd ivhd(Extent at, int kind, ByteReader in) {
    int type = typeOf(kind);
    RequesterId device = new RequesterId(in.u16("device id"));
    int capabilityOffset = in.u16("capability offset");
    long baseOffset = in.offset();
    long registerBase = in.u64("IOMMU base address");
    if (!Alignment.isAligned(registerBase, IvrsLayout.REGISTER_ALIGNMENT_BYTES)) {
      frame.problem(
          baseOffset,
          Flaw.REGISTER_BASE_UNALIGNED,
          new At(registerBase),
          new Size(IvrsLayout.REGISTER_ALIGNMENT_BYTES));
    }
    int segment = in.u16("PCI segment group");
    int info = in.u16("IOMMU info");
    long features = in.u32("IOMMU feature reporting");
    Optional<ExtendedFeatures> extended =
        type == IvrsLayout.IVHD_10H
            ? Optional.empty()
            : Optional.of(
                new ExtendedFeatures(
                    in.u64("extended feature register"), in.u64("extended feature register 2")));
    return new Ivhd(
        at,
        type,
        flags(kind),
        device,
        capabilityOffset,
        registerBase,
        segment,
        info,
        features,
        extended,
        new IvhdEntryReader(type, frame.problems()).read(in));
  }

  private Ivmd ivmd(Extent at, int kind, ByteReader in) {
    RequesterId first = new RequesterId(in.u16("device id"));
    RequesterId last = new RequesterId(in.u16("auxiliary data"));
    int segment = in.u16("PCI segment group");
    in.skip(IvrsLayout.IVMD_RESERVED_BYTES, "reserved bytes");
    long startOffset = in.offset();
    Ivmd ivmd =
        new Ivmd(
            at,
            typeOf(kind),
            flags(kind),
            first,
            last,
            segment,
            in.u64("start address"),
            in.u64("memory length"));
    if (ivmd.type() == IvrsLayout.IVMD_RANGE && first.compareTo(last) > 0) {
      frame.problem(
          at.offset(), Flaw.RANGE_BACKWARDS, new Device(first.value()), new Device(last.value()));
    }
    if (ivmd.hasEffect()) {
      check(startOffset, ivmd);
    }
    return ivmd;
  }

  private void check(long offset, Ivmd ivmd) {
    if (ivmd.region().isEmpty()) {
      frame.blemish(
          offset, Flaw.MEMORY_IS_NO_RANGE, new At(ivmd.start()), new Size(ivmd.lengthBytes()));
    } else if (!Alignment.isAligned(ivmd.start(), IvrsLayout.PAGE_BYTES)) {
      frame.blemish(offset, Flaw.MEMORY_BEGINS_WITHIN_PAGE, new At(ivmd.start()));
    }
  }

  private static int typeOf(int kind) {
    return (int) IvrsLayout.TYPE.get(kind);
  }

  private static int flags(int kind) {
    return (int) IvrsLayout.FLAGS.get(kind);
  }
}
