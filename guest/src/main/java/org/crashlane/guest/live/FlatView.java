// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.bits.Hex;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.ImageRegion;

/**
 * What answers at each physical address of a guest, as the human monitor's {@code info mtree -f}
 * prints it (system/memory.c in QEMU's sources). Views of single devices, of the I/O ports and of
 * SMM are left out: the one that counts is the address space {@code memory}.
 */
final class FlatView {
  private static final Pattern SPACE = Pattern.compile("\\s*AS \"memory\", root: system\\s*");
  private static final Pattern RANGE = Pattern.compile("\\s+[0-9a-f]{8}");
  private static final Pattern LINE =
      Pattern.compile(
          "\\s+([0-9a-f]{16}-[0-9a-f]{16}) \\(prio -?\\d+, ([^)]+)\\): (.+?)"
              + "(?: @([0-9a-f]{1,16}))?(?: KVM)?\\s*");
  private static final int NAME = 3;
  private static final int OFFSET = 4;

  private final List<FlatRange> ranges;

  private FlatView(List<FlatRange> ranges) {
    this.ranges = List.copyOf(ranges);
  }

  /**
   * {@return the view of the system's memory; empty if {@code text} has none}
   *
   * @param source where {@code text} is from, for messages
   * @throws MalformedInputException if a line of that view is not as QEMU prints them
   */
  static FlatView parse(String source, String text) {
    List<FlatRange> ranges = new ArrayList<>();
    boolean wanted = false;
    int offset = 0;
    for (String line : text.split("\n", -1)) {
      if (line.startsWith("FlatView")) {
        wanted = false;
      } else if (SPACE.matcher(line).matches()) {
        wanted = true;
      } else if (wanted && RANGE.matcher(line).lookingAt()) {
        try {
          ranges.add(range(line));
        } catch (IllegalArgumentException e) {
          throw new MalformedInputException(source, offset, String.valueOf(e.getMessage()));
        }
      }
      offset += line.length() + 1;
    }
    return new FlatView(ranges);
  }

  private static FlatRange range(String line) {
    Matcher m = LINE.matcher(line);
    if (!m.matches()) {
      throw new IllegalArgumentException("not a line of a flat view: '" + line + "'");
    }
    long offset = Optional.ofNullable(m.group(OFFSET)).map(Hex::parse).orElse(0L);
    if (offset < 0) {
      throw new IllegalArgumentException("offset beyond 63 bits: '" + line + "'");
    }
    AddressRange range = AddressRange.parse(m.group(1));
    return new FlatRange(range, m.group(2), m.group(NAME), offset);
  }

  /** {@return all ranges, in rising order} */
  List<FlatRange> ranges() {
    return ranges;
  }

  /**
   * {@return where the memory of backends shows, neighbours of one backend joined; offsets are into
   * the backend}
   *
   * <p>Parts that firmware made read-only for processors are memory all the same: devices and the
   * file reach them.
   *
   * @param ids the backends' ids; QEMU names a region by that, or by the path of the object
   */
  List<ImageRegion> backedBy(Set<String> ids) {
    return memory(ids::contains);
  }

  /** {@return where there is memory, of backends or of QEMU's own, as {@link #backedBy} does} */
  List<ImageRegion> memory() {
    return memory(_ -> true);
  }

  private List<ImageRegion> memory(Predicate<String> ofBackend) {
    List<ImageRegion> regions = new ArrayList<>();
    String before = "";
    for (FlatRange each : ranges) {
      boolean memory = each.kind().equals("ram") || each.kind().equals("rom");
      String id = backendId(each.name());
      if (memory && ofBackend.test(id)) {
        ImageRegion next = new ImageRegion(each.range(), each.offset());
        if (id.equals(before)) {
          addJoining(regions, next);
        } else {
          regions.add(next);
        }
        before = id;
      }
    }
    return regions;
  }

  /** {@return the id of the backend that QEMU names so, by its id or by the object's path} */
  static String backendId(String name) {
    return name.replaceFirst("^/objects/", "");
  }

  private static void addJoining(List<ImageRegion> regions, ImageRegion next) {
    if (!regions.isEmpty()) {
      ImageRegion last = regions.getLast();
      long end = last.physical().last() + 1;
      long endOffset = last.fileOffset() + last.physical().sizeBytes();
      if (end == next.physical().first() && endOffset == next.fileOffset()) {
        regions.removeLast();
        AddressRange joined = new AddressRange(last.physical().first(), next.physical().last());
        regions.add(new ImageRegion(joined, last.fileOffset()));
        return;
      }
    }
    regions.add(next);
  }

  /** {@return where the region of this name shows, if it does} */
  Optional<AddressRange> find(String name) {
    return ranges.stream().filter(r -> r.name().equals(name)).map(FlatRange::range).findFirst();
  }
}
