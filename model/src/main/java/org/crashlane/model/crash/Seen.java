// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.crashlane.iommu.Fault;
import org.crashlane.model.hardware.Page;
import org.crashlane.rehearsal.ArmingCost;
import org.crashlane.rehearsal.IommuMemory.Changed;
import org.crashlane.rehearsal.IommuMemory.Part;
import org.crashlane.rehearsal.Tally;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Sighting.Faulted;
import org.crashlane.rule.Sighting.From;

/** What is seen and counted of a run, and has no influence on it. */
final class Seen {
  private static final int KEPT_LINES = 16;

  private long corruptedByteCount;
  private long leftoverPassedCount;
  private long leftoverBlockedCount;
  private long dumpDifferingByteCount;
  private long dumpChangedByCaptureByteCount;
  private long ownDifferingByteCount;
  private Map<Part, Long> ownDifferingPages = Map.of();
  private List<Evidence> touches = List.of();
  private List<Evidence> registerWrites = List.of();
  private List<Evidence> faults = List.of();
  private Set<Long> pagesOfCapture = Set.of();

  /** Lists are not changed but replaced, so that a copy of all costs nothing. */
  private static List<Evidence> with(List<Evidence> lines, Evidence line) {
    if (lines.size() == KEPT_LINES) {
      return lines;
    }
    List<Evidence> more = new ArrayList<>(lines);
    more.add(line);
    return List.copyOf(more);
  }

  void corrupted(long byteCount) {
    corruptedByteCount += byteCount;
  }

  void leftoverPassed() {
    leftoverPassedCount++;
  }

  void blocked(boolean ofCapture, Fault fault) {
    if (!ofCapture) {
      leftoverBlockedCount++;
    }
    if (faults.size() < KEPT_LINES) {
      faults = with(faults, new Faulted(ofCapture ? From.CAPTURE_KERNEL : From.LEFTOVER, fault));
    }
  }

  /** The capture kernel touched a register, or memory that is not its own. */
  void touched(Evidence what) {
    touches = with(touches, what);
  }

  void registerWritten(Evidence what) {
    registerWrites = with(registerWrites, what);
  }

  /** The capture kernel wrote memory of the primary's: what the dump has of it is its own. */
  void writtenByCapture(long address, long sizeBytes) {
    long last = (address + sizeBytes - 1) / Page.BYTES;
    for (long page = address / Page.BYTES; page <= last; page++) {
      if (!pagesOfCapture.contains(page)) {
        Set<Long> more = new TreeSet<>(pagesOfCapture);
        more.add(page);
        pagesOfCapture = more;
      }
    }
  }

  /** {@return true if the capture kernel wrote any of the page at {@code address}} */
  boolean isWrittenByCapture(long address) {
    return pagesOfCapture.contains(address / Page.BYTES);
  }

  void dumpDiffersByCapture(long byteCount) {
    dumpChangedByCaptureByteCount += byteCount;
  }

  /** {@return how many of the bytes that differ are in pages that the capture kernel wrote} */
  long dumpChangedByCaptureByteCount() {
    return dumpChangedByCaptureByteCount;
  }

  /**
   * A page of the dump differs that holds {@code part}, where the capture kernel went on with it.
   */
  void ownPageDiffers(Part part, long byteCount) {
    ownDifferingByteCount += byteCount;
    Map<Part, Long> more = new EnumMap<>(Part.class);
    more.putAll(ownDifferingPages);
    more.merge(part, 1L, Long::sum);
    ownDifferingPages = more;
  }

  /** {@return true if nothing of the dump differs but what the IOMMU has for itself} */
  boolean isOwnAloneDifferent() {
    return dumpDifferingByteCount == ownDifferingByteCount;
  }

  /** {@return how many pages of the dump differ that hold parts of an IOMMU} */
  List<Changed> ownDiffering() {
    return ownDifferingPages.entrySet().stream()
        .map(e -> new Changed(e.getKey(), e.getValue()))
        .toList();
  }

  void dumpDiffers(long byteCount) {
    dumpDifferingByteCount += byteCount;
  }

  List<Evidence> touches() {
    return touches;
  }

  List<Evidence> registerWrites() {
    return registerWrites;
  }

  long dumpDifferingByteCount() {
    return dumpDifferingByteCount;
  }

  /** {@return what was counted of requests, with what it cost to arm} */
  Tally counts(ArmingCost arming) {
    return new Tally(corruptedByteCount, leftoverPassedCount, leftoverBlockedCount, arming);
  }

  List<Evidence> faults() {
    return faults;
  }

  Seen fork() {
    Seen copy = new Seen();
    copy.corruptedByteCount = corruptedByteCount;
    copy.leftoverPassedCount = leftoverPassedCount;
    copy.leftoverBlockedCount = leftoverBlockedCount;
    copy.dumpDifferingByteCount = dumpDifferingByteCount;
    copy.touches = touches;
    copy.registerWrites = registerWrites;
    copy.faults = faults;
    copy.pagesOfCapture = pagesOfCapture;
    copy.dumpChangedByCaptureByteCount = dumpChangedByCaptureByteCount;
    copy.ownDifferingByteCount = ownDifferingByteCount;
    copy.ownDifferingPages = ownDifferingPages;
    return copy;
  }
}
