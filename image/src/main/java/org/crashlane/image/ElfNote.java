// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One note of an ELF file (gABI 4.1, "Note Section").
 *
 * @param name who wrote it, without the closing zero: {@code CORE}, {@code VMCOREINFO}, ...
 * @param type what it is, in that writer's own numbers
 * @param descriptor its bytes
 */
public record ElfNote(String name, int type, ByteBuffer descriptor) {
  /** Name of the note that holds {@link VmcoreInfo}. */
  public static final String VMCOREINFO = "VMCOREINFO";

  public ElfNote {
    descriptor = window(descriptor);
  }

  /** {@return the bytes, from position 0 on, little-endian, read-only; a new window each time} */
  @Override
  public ByteBuffer descriptor() {
    return window(descriptor);
  }

  private static ByteBuffer window(ByteBuffer bytes) {
    return bytes.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public String toString() {
    return "%s type %d, %d bytes".formatted(name, type, descriptor.remaining());
  }
}
