// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.bits.Term;

/** What readers and writers of tables of any vendor find in them. */
public enum TableFact implements Term {
  TABLE("the table"),
  RESERVED_BITS("reserved bits set"),
  UNSETTLED_BITS("bits set that hardware may ignore or fault on"),
  NOT_WHOLE("other entries differ that serve the same page"),
  CYCLE("points back to a table above it"),
  VISITED_TOO_OFTEN("visited too often: the table"),
  PAGE_LIMIT("walk ended at its limit of table pages before that"),
  DEVICE_PAGE_LIMIT("device tables of more pages than are read"),
  MORE_MALFORMATIONS("more malformations than are listed"),
  NO_ENTRY("no entry in the IOMMU's device tables"),

  BEYOND_TABLES("beyond what the tables translate,"),
  BEYOND_HOST("the target is beyond the host address width,"),
  BEYOND_ENTRIES("entries of the table cannot lead to the target"),
  OVERLAP("overlaps what is not to be mapped,"),
  RIGHTS_ABOVE("an entry above does not leave the rights that are needed"),
  TWO_PARTS("the table serves two parts of the range"),
  SKIPPED_LEVELS("levels are skipped that the range needs"),
  FIRST_STAGE("tables of the first stage are read, not written"),
  NEW_PAGES("new table pages"),
  ARENA_NOT_MEMORY("pages of the arena are not all memory of the host"),

  INTERRUPT_WINDOW("requests there are interrupts"),
  APERTURE("the aperture lies there");

  private final String meaning;

  TableFact(String meaning) {
    this.meaning = meaning;
  }

  @Override
  public String meaning() {
    return meaning;
  }
}
