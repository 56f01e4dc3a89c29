// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

/**
 * How much an ELF core may ask of its reader before it is refused. The defaults are far beyond any
 * real dump.
 *
 * @param programHeaderCount most program headers
 * @param noteBytes most bytes in all notes together
 * @param comparedPageCount most pages compared where segments overlap, all overlaps together
 */
public record ElfLimits(int programHeaderCount, int noteBytes, int comparedPageCount) {
  private static final int MOST_PROGRAM_HEADERS = 1 << 20;
  private static final int MOST_NOTE_BYTES = 1 << 26;
  private static final int MOST_COMPARED_PAGES = 1 << 12;

  public ElfLimits {
    if (programHeaderCount < 0 || programHeaderCount > Integer.MAX_VALUE / ElfLayout.PHDR_BYTES) {
      throw new IllegalArgumentException("limit of program headers: " + programHeaderCount);
    }
    if (noteBytes < 0 || comparedPageCount < 0) {
      throw new IllegalArgumentException(
          "negative limit: %d bytes of notes, %d pages".formatted(noteBytes, comparedPageCount));
    }
  }

  /** {@return 2^20 program headers, 64 MiB of notes, 4096 pages (16 MiB) compared} */
  public static ElfLimits defaults() {
    return new ElfLimits(MOST_PROGRAM_HEADERS, MOST_NOTE_BYTES, MOST_COMPARED_PAGES);
  }
}
