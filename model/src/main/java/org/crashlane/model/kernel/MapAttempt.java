// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.kernel;

/** What became of a driver's wish to map a buffer. */
public sealed interface MapAttempt {

  /**
   * It is mapped.
   *
   * @param handle how
   */
  record Mapped(DmaHandle handle) implements MapAttempt {}

  /**
   * It is not, and nothing was changed.
   *
   * @param reason in the kernel's words where it has any
   */
  record Failed(String reason) implements MapAttempt {}
}
