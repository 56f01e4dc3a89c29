// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import static org.crashlane.image.ElfLayout.NHDR_BYTES;
import static org.crashlane.image.ElfLayout.NOTE_ALIGN_BYTES;
import static org.crashlane.image.ElfLayout.N_DESCSZ;
import static org.crashlane.image.ElfLayout.N_NAMESZ;
import static org.crashlane.image.ElfLayout.N_TYPE;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.crashlane.bits.Alignment;

/**
 * Takes notes apart.
 *
 * <pre>
 * typedef struct {
 *   Elf64_Word n_namesz;   // with the closing zero
 *   Elf64_Word n_descsz;
 *   Elf64_Word n_type;
 * } Elf64_Nhdr;            // then name and descriptor, each filled up to 4 bytes
 * </pre>
 */
final class NoteParser {
  private NoteParser() {}

  /**
   * Adds each note in {@code bytes} to {@code notes}. Stops at the first header of zeros, as the
   * kernel's per-CPU note buffers end, and at the first note that does not fit.
   *
   * @param bytes little-endian, from position 0 to the limit
   * @param offset where {@code bytes} are in the file, for problems
   */
  static void parse(
      ByteBuffer bytes, long offset, List<ElfNote> notes, List<DumpProblem> problems) {
    int position = 0;
    while (bytes.limit() - position >= NHDR_BYTES) {
      long nameBytes = Integer.toUnsignedLong(bytes.getInt(position + N_NAMESZ));
      long descriptorBytes = Integer.toUnsignedLong(bytes.getInt(position + N_DESCSZ));
      int type = bytes.getInt(position + N_TYPE);
      if (nameBytes == 0 && descriptorBytes == 0 && type == 0) {
        return;
      }
      long nameStart = (long) position + NHDR_BYTES;
      long descriptorStart = nameStart + Alignment.up(nameBytes, NOTE_ALIGN_BYTES);
      if (descriptorStart + descriptorBytes > bytes.limit()) {
        problems.add(
            new DumpProblem(
                DumpProblem.Kind.NOTE,
                offset + position,
                "note with a name of %d bytes and a descriptor of %d bytes, where %d bytes are left"
                    .formatted(nameBytes, descriptorBytes, bytes.limit() - nameStart)));
        return;
      }
      notes.add(
          new ElfNote(
              name(bytes.slice((int) nameStart, (int) nameBytes)),
              type,
              bytes.slice((int) descriptorStart, (int) descriptorBytes)));
      long next = descriptorStart + Alignment.up(descriptorBytes, NOTE_ALIGN_BYTES);
      // The last note need not be filled up.
      position = (int) Math.min(next, bytes.limit());
    }
  }

  private static String name(ByteBuffer bytes) {
    String text = StandardCharsets.ISO_8859_1.decode(bytes).toString();
    int end = text.indexOf('\0');
    return end < 0 ? text : text.substring(0, end);
  }
}
