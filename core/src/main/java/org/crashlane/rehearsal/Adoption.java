// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

/** How a capture kernel takes an IOMMU's old tables over. */
public enum Adoption {
  /** It fills in a table of its own, and puts it in the old one's place. */
  COPY,
  /** It goes on with the old table and the old buffers, which are memory of the first kernel's. */
  REUSE
}
