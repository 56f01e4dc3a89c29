// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

/** What a device wants of memory. */
public enum Access {
  READ,
  WRITE
}
