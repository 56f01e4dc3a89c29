// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import org.crashlane.bits.Term;

/** What a model may have names for. */
enum Said implements Term {
  NOT_MAPPED_SO("no driver had mapped it so"),
  DISK_SILENT("the disk did not answer"),
  CANNOT_MAP("cannot map for"),
  NO_IOVA("no iova"),
  ENTRY("entry");

  private final String meaning;

  Said(String meaning) {
    this.meaning = meaning;
  }

  @Override
  public String meaning() {
    return meaning;
  }
}
