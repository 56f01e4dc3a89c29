// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;

/** A guest's IOMMU is of a kind that is not read: what it does is unknown. */
public final class UnreadIommuException extends IOException {
  private static final long serialVersionUID = 1L;

  UnreadIommuException(String message) {
    super(message);
  }
}
