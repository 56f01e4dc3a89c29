// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.Locale;
import org.crashlane.bits.Term;

/**
 * What may be wrong with a firmware's table, or keep it from being known. Beside each is what is
 * seen of it, in order; numbers are of bytes where nothing else is said.
 */
public enum Flaw implements Term {
  /** The table's length; its signature. */
  LENGTH_TOO_SMALL,
  /** The table's length; the file's. */
  TRUNCATED,
  /** The table's length; the file's. */
  FILE_LONGER,
  /** The byte; what would be right. */
  CHECKSUM,
  BYTES_DO_NOT_ADD_UP,
  /** How many at the end. */
  REST_IS_NO_STRUCTURE,
  /** Name and type of the structure, its length; how many are left. */
  NEXT_STRUCTURE_NOT_FOUND,
  /** Name and type of the structure, its length; how many it has behind the table's end. */
  STRUCTURE_BEYOND_TABLE,
  /** Name and type of the structure; the field that is not there, its length; how many are left. */
  STRUCTURE_TOO_SHORT,
  STRUCTURE_NOT_READ,
  /** The table's length; where its last structure ends. */
  STRUCTURES_END_EARLY,
  /** The address; what it has to be a multiple of. */
  REGISTER_BASE_UNALIGNED,

  /** How many behind the last scope. */
  REST_IS_NO_SCOPE,
  /** The scope's length; how many are left. */
  NEXT_SCOPE_NOT_FOUND,
  /** The scope's length; how many its structure has left. */
  SCOPE_BEYOND_STRUCTURE,
  SCOPE_WITHOUT_PATH,
  /** Device; function. */
  PATH_BEYOND_PCI,
  PATH_ENDS_IN_HALF_AN_ENTRY,
  /** The limit; the base. */
  REGION_BACKWARDS,
  /** The base; the limit. */
  REGION_NOT_WHOLE_PAGES,
  NAME_WITHOUT_END,

  /** The entry's type; how many are left. */
  ENTRY_OF_UNKNOWN_LENGTH,
  /** The entry's type and length; how many its block has left. */
  ENTRY_CUT_OFF,
  /** Its first device. */
  RANGE_WITHOUT_END,
  /** Its last device. */
  RANGE_WITHOUT_BEGINNING,
  /** The first device; the last. */
  RANGE_BACKWARDS,
  /** The variety. */
  UNKNOWN_SPECIAL_DEVICE,
  /** How many the block has left. */
  ACPI_DEVICE_CUT_OFF,
  /** The block's type. */
  ACPI_DEVICE_IN_OLD_BLOCK,
  /** The id's length; how many the block has left. */
  UNIQUE_ID_CUT_OFF,
  /** The id's length; the format. */
  UNIQUE_ID_OF_OTHER_FORMAT,
  /** Where it begins; how long it is. */
  MEMORY_IS_NO_RANGE,
  /** Where it begins. */
  MEMORY_BEGINS_WITHIN_PAGE,

  /** Where they should begin. */
  NODES_OUTSIDE_TABLE,
  /** How many nodes the table reports; how many it contains. */
  NODE_COUNT,
  /** How many parts, and which; where in the node; the node's length. */
  PARTS_DO_NOT_FIT,

  ROOT_POINTER_NOT_FOUND,
  /** How many there are. */
  TOO_MANY_ROOT_POINTERS,
  /** The addresses of all. */
  ROOT_POINTERS_DIFFER,
  /** The physical address; why. */
  MEMORY_NOT_READ,
  /** What is there, and where; the signature that was found. */
  OTHER_SIGNATURE,
  /** What is there, and where. */
  TABLE_DOES_NOT_ADD_UP,
  /** What is there, and where; its length; the shortest and the longest that may be. */
  LENGTH_OUT_OF_BOUNDS,
  /** What is there, and where; the field that is not there, its length; how many are left. */
  TABLE_TOO_SHORT;

  @Override
  public String meaning() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
