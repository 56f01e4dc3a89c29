// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

/** Makes random cases; the same ones from the same seed. */
@FunctionalInterface
interface CaseSource {

  /**
   * {@return another case, numbered {@code id}}
   *
   * <p>The addresses of {@link IommuMachine#BATCH_CASES} cases in a row differ in their offsets in
   * a page.
   */
  ProbeCase next(int id);
}
