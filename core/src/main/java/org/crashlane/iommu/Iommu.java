// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

/** What IOMMU hardware does with a request: lets it reach memory, translated, or blocks it. */
public interface Iommu {

  /** {@return what becomes of {@code request}, by the tables in memory as they are now} */
  Outcome translate(Request request);
}
