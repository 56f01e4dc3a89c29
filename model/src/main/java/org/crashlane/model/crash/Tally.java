// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.iommu.Fault;

/** What is counted of a run, and has no influence on it. */
final class Tally {
  private static final int KEPT_LINES = 16;

  private long corruptedByteCount;
  private long leftoverThroughCount;
  private long leftoverBlockedCount;
  private long captureBlockedCount;
  private long touchCount;
  private long dumpDifferingByteCount;
  private long changedByLeftoversByteCount;
  private final List<String> touches = new ArrayList<>();
  private final List<String> registerWrites = new ArrayList<>();
  private final List<String> faults = new ArrayList<>();

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
      faults.add((ofCapture ? "capture I/O: " : "leftover: ") + fault);
    }
  }

  /** The capture kernel touched a register, or memory that is not its own. */
  void touched(String line) {
    touchCount++;
    if (touches.size() < KEPT_LINES) {
      touches.add(line);
    }
  }

  void registerWritten(String line) {
    if (registerWrites.size() < KEPT_LINES) {
      registerWrites.add(line);
    }
  }

  void dumpDiffers(long byteCount) {
    dumpDifferingByteCount += byteCount;
  }

  void changedByLeftovers(long byteCount) {
    changedByLeftoversByteCount = byteCount;
  }

  long touchCount() {
    return touchCount;
  }

  List<String> touches() {
    return List.copyOf(touches);
  }

  List<String> registerWrites() {
    return List.copyOf(registerWrites);
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
    return List.copyOf(faults);
  }

  Tally fork() {
    Tally copy = new Tally();
    copy.corruptedByteCount = corruptedByteCount;
    copy.leftoverThroughCount = leftoverThroughCount;
    copy.leftoverBlockedCount = leftoverBlockedCount;
    copy.captureBlockedCount = captureBlockedCount;
    copy.touchCount = touchCount;
    copy.dumpDifferingByteCount = dumpDifferingByteCount;
    copy.changedByLeftoversByteCount = changedByLeftoversByteCount;
    copy.touches.addAll(touches);
    copy.registerWrites.addAll(registerWrites);
    copy.faults.addAll(faults);
    return copy;
  }
}
