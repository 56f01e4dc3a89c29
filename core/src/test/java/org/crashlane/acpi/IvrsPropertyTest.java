// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.crashlane.acpi.IvrsBlock.Ivhd;
import org.crashlane.acpi.IvrsBlock.Ivhd.ExtendedFeatures;
import org.crashlane.acpi.IvrsBlock.Ivmd;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables of random blocks, written by {@link IvrsWriter}, read back equal. */
final class IvrsPropertyTest {
  private static final int TABLES = 200;
  private SplittableRandom random = new SplittableRandom();
  private long offset;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void whatIsWrittenIsRead(long seed) {
    random = new SplittableRandom(seed);
    for (int table = 0; table < TABLES; table++) {
      offset = 48;
      List<IvrsBlock> blocks = new ArrayList<>();
      for (int count = random.nextInt(5); count > 0; count--) {
        IvrsBlock block = block();
        blocks.add(block);
        offset = block.at().offset() + block.at().lengthBytes();
      }
      TableBuilder builder = TableBuilder.ivrs();
      blocks.forEach(block -> builder.add(IvrsWriter.hex(block)));
      Ivrs read = builder.readIvrs();
      String where = "seed %d, table %d".formatted(seed, table);
      assertEquals(blocks, read.blocks(), where);
      assertEquals(List.of(), read.problems(), where);
    }
  }

  private IvrsBlock block() {
    return switch (random.nextInt(3)) {
      case 0 -> ivmd();
      case 1 -> {
        String content = "5a".repeat(random.nextInt(64));
        Extent at = new Extent(offset, 4 + content.length() / 2);
        yield new IvrsBlock.Unknown(at, 0x41 + random.nextInt(0xbf), byteValue(), content);
      }
      default -> ivhd();
    };
  }

  private Ivmd ivmd() {
    RequesterId first = requester();
    RequesterId last = requester();
    boolean ordered = first.compareTo(last) <= 0;
    return new Ivmd(
        new Extent(offset, 32),
        0x20 + random.nextInt(3),
        byteValue(),
        ordered ? first : last,
        ordered ? last : first,
        random.nextInt(0x10000),
        random.nextLong(1L << 40) << 12,
        (1 + random.nextLong(1L << 20)) << 12);
  }

  private Ivhd ivhd() {
    int type = List.of(0x10, 0x11, 0x40).get(random.nextInt(3));
    Optional<ExtendedFeatures> extended =
        type == 0x10
            ? Optional.empty()
            : Optional.of(new ExtendedFeatures(random.nextLong(), random.nextLong()));
    List<IvhdEntry> entries = new ArrayList<>();
    long at = offset + (type == 0x10 ? 24 : 40);
    for (int count = random.nextInt(20); count > 0; count--) {
      for (IvhdEntry entry : entry(at, type)) {
        entries.add(entry);
        at = entry.at().offset() + entry.at().lengthBytes();
      }
    }
    return new Ivhd(
        new Extent(offset, (int) (at - offset)),
        type,
        byteValue(),
        requester(),
        random.nextInt(0x10000),
        random.nextLong(1L << 38) << 14,
        random.nextInt(0x10000),
        random.nextInt(0x10000),
        random.nextLong(1L << 32),
        extended,
        entries);
  }

  /** One entry, or the two of a range. */
  private List<IvhdEntry> entry(long at, int blockType) {
    Extent four = new Extent(at, 4);
    Extent eight = new Extent(at, 8);
    int setting = byteValue();
    RequesterId device = requester();
    return switch (random.nextInt(blockType == 0x40 ? 11 : 10)) {
      case 0 -> List.of(new IvhdEntry.Pad(four, 0));
      case 1 -> List.of(new IvhdEntry.Pad(eight, 0x40));
      case 2 -> List.of(new IvhdEntry.All(four, setting));
      case 3 -> List.of(new IvhdEntry.Select(four, device, setting));
      case 4 -> List.of(new IvhdEntry.AliasSelect(eight, device, setting, requester()));
      case 5 -> List.of(new IvhdEntry.ExtendedSelect(eight, device, setting, extended()));
      case 6 -> {
        int variety = 1 + random.nextInt(2);
        yield List.of(new IvhdEntry.Special(eight, setting, byteValue(), device, variety));
      }
      case 7 -> List.of(new IvhdEntry.RangeStart(four, device, setting), end(at + 4, device));
      case 8 ->
          List.of(
              new IvhdEntry.AliasRangeStart(eight, device, setting, requester()),
              end(at + 8, device));
      case 9 ->
          List.of(
              new IvhdEntry.ExtendedRangeStart(eight, device, setting, extended()),
              end(at + 8, device));
      default -> {
        String uniqueId = "\\_SB.DEVICE".substring(0, random.nextInt(11));
        Extent extent = new Extent(at, 22 + uniqueId.length());
        yield List.of(
            new IvhdEntry.AcpiHid(extent, device, setting, "AMDI0020", "PNP0C", uniqueId));
      }
    };
  }

  private IvhdEntry.RangeEnd end(long at, RequesterId first) {
    int last = random.nextInt(first.value(), 0x10000);
    return new IvhdEntry.RangeEnd(new Extent(at, 4), new RequesterId(last));
  }

  private RequesterId requester() {
    return new RequesterId(random.nextInt(0x10000));
  }

  private long extended() {
    return random.nextLong(1L << 32);
  }

  private int byteValue() {
    return random.nextInt(0x100);
  }
}
