// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

import org.crashlane.bits.Term;

/** What a unit finds on a request's way, and what comes of the request. */
public enum Found implements Term {
  NO_IOMMU("no IOMMU"),
  PASSES("the physical address is"),
  UNIT("IOMMU"),
  NO_UNIT("no unit, requests pass"),
  TRANSLATION_OFF("translation is off"),
  REGISTER("register"),
  NO_MEMORY("no memory"),
  SECOND_WORD("its second word"),
  DOMAIN("domain"),
  TABLE("table"),
  LEVEL("level"),
  ENTRY("entry"),
  CACHED_ENTRY("cached entry"),
  NOT_TRANSLATED("never translated is"),
  BEHIND_TABLE("the table ends before"),
  APERTURE("aperture"),
  OUTSIDE_APERTURE("outside the aperture"),
  MACHINE_CHECK("machine check"),
  ERROR_CODE("extended error code"),
  REACHES("reaches"),
  INTERRUPT("is an interrupt"),
  BLOCKED("is blocked"),
  NOT_KNOWN("not known"),
  BY_CACHES("but by what the unit has cached");

  private final String meaning;

  Found(String meaning) {
    this.meaning = meaning;
  }

  @Override
  public String meaning() {
    return meaning;
  }
}
