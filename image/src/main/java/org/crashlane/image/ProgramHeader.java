// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import static org.crashlane.image.ElfLayout.P_FILESZ;
import static org.crashlane.image.ElfLayout.P_MEMSZ;
import static org.crashlane.image.ElfLayout.P_OFFSET;
import static org.crashlane.image.ElfLayout.P_PADDR;
import static org.crashlane.image.ElfLayout.P_TYPE;
import static org.crashlane.image.ElfLayout.P_VADDR;

import java.nio.ByteBuffer;

/**
 * One program header of a core, as it is in the file, checked for nothing.
 *
 * @param headerOffset where the header itself is, in bytes from the beginning of the core
 * @param type PT_LOAD, PT_NOTE, ...
 * @param offset first byte of the segment, from the beginning of the core
 * @param virtualAddress p_vaddr
 * @param physicalAddress p_paddr
 * @param fileBytes p_filesz: how much of it the file holds
 * @param memoryBytes p_memsz: how much memory it represents
 */
record ProgramHeader(
    long headerOffset,
    int type,
    long offset,
    long virtualAddress,
    long physicalAddress,
    long fileBytes,
    long memoryBytes) {

  /** {@return the header at {@code position} of the program header table {@code table}} */
  static ProgramHeader at(ByteBuffer table, int position, long headerOffset) {
    return new ProgramHeader(
        headerOffset,
        table.getInt(position + P_TYPE),
        table.getLong(position + P_OFFSET),
        table.getLong(position + P_VADDR),
        table.getLong(position + P_PADDR),
        table.getLong(position + P_FILESZ),
        table.getLong(position + P_MEMSZ));
  }
}
