// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.Locale;

/** Where a crash is rehearsed. */
enum StageName {
  MODEL,
  QEMU;

  /** {@return the name that users write} */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
