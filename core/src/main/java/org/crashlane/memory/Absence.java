// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

import org.crashlane.bits.Term;

/** Why a physical address cannot be read. */
public enum Absence implements Term {
  NO_MEMORY("no memory there"),
  FILE_SHORTER("the file has become shorter"),
  /** A dump promises bytes behind its end. */
  TRUNCATED("behind the end of the truncated dump"),
  /** It was memory, and the writer of the dump left it out. */
  EXCLUDED("left out of the dump");

  private final String meaning;

  Absence(String meaning) {
    this.meaning = meaning;
  }

  @Override
  public String meaning() {
    return meaning;
  }
}
