// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.paging;

/** A register of a unit. Those of one vendor's units are the constants of an enum. */
public interface Register {

  /** {@return where it is, and what writes do to it} */
  RegisterSpec spec();
}
