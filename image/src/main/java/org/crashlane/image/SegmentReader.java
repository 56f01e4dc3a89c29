// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import static org.crashlane.image.ElfLayout.NO_PHYSICAL_ADDRESS;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.Hex;
import org.crashlane.image.Extent.Content;

/** Makes claims on physical memory of the PT_LOAD headers of a core; nonsense becomes problems. */
final class SegmentReader {
  private final DumpWindow window;
  private final List<DumpProblem> problems;
  private final List<Extent> claims = new ArrayList<>();

  SegmentReader(DumpWindow window, List<DumpProblem> problems) {
    this.window = window;
    this.problems = problems;
  }

  /** {@return what the segments added so far say about physical addresses} */
  List<Extent> claims() {
    return claims;
  }

  /**
   * Adds one segment: the bytes in the file, those the file should have but ends before, and those
   * left out of it.
   *
   * @param number which program header it is, from 0
   */
  void add(ProgramHeader header, int number) {
    if (header.physicalAddress() == NO_PHYSICAL_ADDRESS || header.memoryBytes() == 0) {
      return;
    }
    long first = header.physicalAddress();
    long end = first + header.memoryBytes();
    if (Long.compareUnsigned(end, first) <= 0) {
      drop(header, number, "its addresses run past 2^64");
      return;
    }
    if (Long.compareUnsigned(header.fileBytes(), header.memoryBytes()) > 0) {
      drop(header, number, "it holds more bytes than memory");
      return;
    }
    if (header.fileBytes() != 0
        && (header.offset() < 0 || window.inFile(header.offset()) < header.offset())) {
      drop(header, number, "its offset is not one of a file");
      return;
    }
    long fileEnd = first + header.fileBytes();
    long presentEnd = first + presentBytes(header);
    claim(Content.PRESENT, first, presentEnd, header, number);
    claim(Content.TRUNCATED, presentEnd, fileEnd, header, number);
    claim(Content.EXCLUDED, fileEnd, end, header, number);
    if (presentEnd != fileEnd) {
      problems.add(
          new DumpProblem(
              DumpProblem.Kind.TRUNCATED,
              window.inFile(window.sizeBytes()),
              "the file ends here; of segment %d, physical %s to %s, %d bytes are missing"
                  .formatted(number, Hex.of(first), Hex.of(end), fileEnd - presentEnd)));
    }
  }

  private long presentBytes(ProgramHeader header) {
    if (header.fileBytes() == 0 || header.offset() >= window.sizeBytes()) {
      return 0;
    }
    long behind = window.sizeBytes() - header.offset();
    return Long.compareUnsigned(header.fileBytes(), behind) < 0 ? header.fileBytes() : behind;
  }

  private void claim(Content content, long first, long end, ProgramHeader header, int number) {
    if (first != end) {
      long fileOffset = window.inFile(header.offset()) + (first - header.physicalAddress());
      claims.add(new Extent(content, first, end, fileOffset, number));
    }
  }

  private void drop(ProgramHeader header, int number, String reason) {
    problems.add(
        new DumpProblem(
            DumpProblem.Kind.SEGMENT,
            window.inFile(header.headerOffset()),
            "segment %d left out: %s (physical %s, offset %s, %s bytes in the file, %s in memory)"
                .formatted(
                    number,
                    reason,
                    Hex.of(header.physicalAddress()),
                    Hex.of(header.offset()),
                    Hex.of(header.fileBytes()),
                    Hex.of(header.memoryBytes()))));
  }
}
