// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.crashlane.iommu.Fault;
import org.crashlane.model.hardware.Page;

/** What is counted of a run, and has no influence on it. */
final class Tally {
  private static final int KEPT_LINES = 16;

  private long corruptedByteCount;
  private long leftoverThroughCount;
  private long leftoverBlockedCount;
  private long captureBlockedCount;
  private long dumpDifferingByteCount;
  private long dumpChangedByCaptureByteCount;
  private long changedByLeftoversByteCount;
  private List<String> touches = List.of();
  private List<String> registerWrites = List.of();
  private List<String> faults = List.of();
  private Set<Long> pagesOfCapture = Set.of();

  /** Lists are not changed but replaced, so that a copy of all costs nothing. */
  private static List<String> with(List<String> lines, String line) {
    if (lines.size() == KEPT_LINES) {
      return lines;
    }
    List<String> more = new ArrayList<>(lines);
    more.add(line);
    return List.copyOf(more);
  }

  void corrupted(long byteCount) {
    corruptedByteCount += byteCount;
  }

  void leftoverThrough() {
    leftoverThroughCount++;
  }

  void blocked(boolean ofCapture, Fault fault) {
    if (ofCapture) {
      captureBlockedCount++;
    } else {
      leftoverBlockedCount++;
    }
    if (faults.size() < KEPT_LINES) {
      faults = with(faults, (ofCapture ? "capture I/O: " : "leftover: ") + fault);
    }
  }

  /** The capture kernel touched a register, or memory that is not its own. */
  void touched(String line) {
    touches = with(touches, line);
  }

  void registerWritten(String line) {
    registerWrites = with(registerWrites, line);
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

  void dumpDiffers(long byteCount) {
    dumpDifferingByteCount += byteCount;
  }

  void changedByLeftovers(long byteCount) {
    changedByLeftoversByteCount = byteCount;
  }

  List<String> touches() {
    return touches;
  }

  List<String> registerWrites() {
    return registerWrites;
  }

  long dumpDifferingByteCount() {
    return dumpDifferingByteCount;
  }

  /** {@return bytes of the dump that leftover DMA changed where the primary had mapped it} */
  long changedByLeftoversByteCount() {
    return changedByLeftoversByteCount;
  }

  long corruptedByteCount() {
    return corruptedByteCount;
  }

  long leftoverThroughCount() {
    return leftoverThroughCount;
  }

  long leftoverBlockedCount() {
    return leftoverBlockedCount;
  }

  long captureBlockedCount() {
    return captureBlockedCount;
  }

  List<String> faults() {
    return faults;
  }

  Tally fork() {
    Tally copy = new Tally();
    copy.corruptedByteCount = corruptedByteCount;
    copy.leftoverThroughCount = leftoverThroughCount;
    copy.leftoverBlockedCount = leftoverBlockedCount;
    copy.captureBlockedCount = captureBlockedCount;
    copy.dumpDifferingByteCount = dumpDifferingByteCount;
    copy.changedByLeftoversByteCount = changedByLeftoversByteCount;
    copy.touches = touches;
    copy.registerWrites = registerWrites;
    copy.faults = faults;
    copy.pagesOfCapture = pagesOfCapture;
    copy.dumpChangedByCaptureByteCount = dumpChangedByCaptureByteCount;
    return copy;
  }
}
