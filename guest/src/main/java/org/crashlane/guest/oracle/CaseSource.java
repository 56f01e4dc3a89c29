// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

/** Makes random cases; the same ones from the same seed. */
@FunctionalInterface
public interface CaseSource {

  /** {@return another case, numbered {@code id}} */
  ProbeCase next(int id);
}
