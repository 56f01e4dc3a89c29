// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.crashlane.image.Extent.Content;

/**
 * Physical memory laid out flat: extents in rising order that share no address, made from claims
 * that may.
 *
 * <p>Cores do hold addresses twice: the kernel's text is in one more segment under its text
 * mapping. Bytes that are there win over bytes that are not, then the earlier segment wins.
 *
 * @param extents what each address is, in rising order
 * @param overlaps addresses whose bytes are in two places of the file
 */
record ExtentMap(List<Extent> extents, List<Overlap> overlaps) {

  /** Addresses of which the file holds the bytes twice; both extents cover the same addresses. */
  record Overlap(Extent kept, Extent other) {}

  ExtentMap {
    extents = List.copyOf(extents);
    overlaps = List.copyOf(overlaps);
  }

  /**
   * {@return the flat map of {@code claims}} The work grows with n log n, also where each claim
   * overlaps each other.
   *
   * @param claims at most one of each content from each segment
   */
  static ExtentMap of(List<Extent> claims) {
    Sweep sweep = new Sweep(claims);
    List<Long> edges =
        claims.stream()
            .flatMap(c -> Stream.of(c.first(), c.end()))
            .sorted(Long::compareUnsigned)
            .distinct()
            .toList();
    for (int i = 0; i + 1 < edges.size(); i++) {
      sweep.advance(edges.get(i), edges.get(i + 1));
    }
    return new ExtentMap(sweep.extents, sweep.overlaps);
  }

  /** Goes over the claims in rising order and keeps those open that cover the present address. */
  private static final class Sweep {
    private static final Comparator<Extent> BEST_FIRST =
        Comparator.comparing(Extent::content).thenComparingInt(Extent::segment);

    private final List<Extent> rising;
    private final TreeSet<Extent> open = new TreeSet<>(BEST_FIRST);
    private final PriorityQueue<Extent> closing =
        new PriorityQueue<>((a, b) -> Long.compareUnsigned(a.end(), b.end()));
    private final List<Extent> extents = new ArrayList<>();
    private final List<Overlap> overlaps = new ArrayList<>();
    private int next;

    Sweep(List<Extent> claims) {
      rising =
          claims.stream().sorted((a, b) -> Long.compareUnsigned(a.first(), b.first())).toList();
    }

    /** Takes the addresses {@code from} to {@code to}, between which no claim begins or ends. */
    void advance(long from, long to) {
      while (!closing.isEmpty() && Long.compareUnsigned(closing.peek().end(), from) <= 0) {
        open.remove(closing.remove());
      }
      while (next < rising.size() && rising.get(next).first() == from) {
        open.add(rising.get(next));
        closing.add(rising.get(next));
        next++;
      }
      if (!open.isEmpty()) {
        Extent best = open.first();
        add(best.cut(from, to));
        Extent second = open.higher(best);
        if (second != null && second.content() == Content.PRESENT) {
          addOverlap(best.cut(from, to), second.cut(from, to));
        }
      }
    }

    private void add(Extent extent) {
      if (!extents.isEmpty() && extents.getLast().continuesIn(extent)) {
        extents.add(extents.removeLast().joined(extent));
      } else {
        extents.add(extent);
      }
    }

    private void addOverlap(Extent kept, Extent other) {
      if (kept.fileOffset() == other.fileOffset()) {
        return;
      }
      if (!overlaps.isEmpty()
          && overlaps.getLast().kept().continuesIn(kept)
          && overlaps.getLast().other().continuesIn(other)) {
        Overlap before = overlaps.removeLast();
        overlaps.add(new Overlap(before.kept().joined(kept), before.other().joined(other)));
      } else {
        overlaps.add(new Overlap(kept, other));
      }
    }
  }
}
