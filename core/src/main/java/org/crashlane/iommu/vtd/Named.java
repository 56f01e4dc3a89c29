// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.bits.Term;

/** What is named besides {@link FaultReason}s. */
enum Named implements Term {
  ROOT_TABLE("root table"),
  ROOT_ENTRY("root entry"),
  CONTEXT_ENTRY("context entry"),
  SCALABLE_ROOT_ENTRY("scalable root entry"),
  SCALABLE_CONTEXT_ENTRY("scalable context entry"),
  CONTEXT_TABLE("context table"),
  PASID_DIRECTORY("PASID directory"),
  PASID_TABLE("PASID table"),
  CONTEXT_UNREADABLE("its root or context table cannot be read"),
  NOT_LARGEST_WIDTH("passes untranslated with an address width that is not the unit's largest"),
  PRIVILEGED("privileged requests through first-level tables"),
  NESTED("nested translation is not followed: PASID table entry"),
  OTHER_PASIDS(
      "its requests with a PASID: its PASID tables have entries besides that for requests without"
          + " one, which are not read"),
  UPPER_HALF("maps addresses of the upper half, which are not walked"),

  NOT_REMAPPED("interrupts are not remapped"),
  COMPATIBILITY("messages in compatibility format"),
  NEVER_IN_TABLE("messages in compatibility format never reach the table: no entry helps"),
  MESSAGE("message"),
  IRTE("IRTE"),
  POSTED("posted interrupt descriptor of the entry"),

  INVALIDATION_QUEUE("invalidation queue (IQA)"),
  PENDING_WAIT("status of a pending invalidation wait"),
  FAULT_LOG("advanced fault log (AFLOG)"),
  PAGE_REQUEST_QUEUE("page request queue (PQA)"),
  PAGE_REQUEST_EVENT("page request event (PEADDR)"),
  FAULT_EVENT("fault event (FEADDR)"),
  INVALIDATION_EVENT("invalidation event (IEADDR)"),

  PROTECTED_LOW("protected low memory (PMEN) lies there"),
  PROTECTED_HIGH("protected high memory (PMEN) lies there");

  private final String meaning;

  Named(String meaning) {
    this.meaning = meaning;
  }

  @Override
  public String meaning() {
    return meaning;
  }
}
