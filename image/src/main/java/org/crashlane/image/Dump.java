// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import java.io.Closeable;
import java.util.List;
import java.util.Optional;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;

/**
 * What a machine left behind when it crashed: its memory, its notes, and what is wrong with the
 * file. Every dump format becomes one of these, so that nothing behind it knows the format.
 */
public interface Dump extends Closeable {

  /**
   * {@return the memory of the machine; its {@link PhysicalMemory#ranges()} are all addresses that
   * the dump says were memory, of which some may have been left out and then cannot be read}
   */
  PhysicalMemory memory();

  /** {@return the addresses whose bytes are in the dump, in rising order, apart from each other} */
  List<AddressRange> readable();

  /** {@return the notes, in the order of the file} */
  List<ElfNote> notes();

  /** {@return what the crashed kernel says about itself, if the dump holds it} */
  Optional<VmcoreInfo> vmcoreInfo();

  /** {@return what is wrong with the dump though it can be read; empty for a sound one} */
  List<DumpProblem> problems();
}
