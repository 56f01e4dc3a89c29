// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.util.List;

/** The capture kernel does not even load into the crash range: nothing was crashed. */
public final class CrashRangeTooSmallException extends LabException {
  private static final long serialVersionUID = 1L;
  private final String reason;

  CrashRangeTooSmallException(String reason, List<String> console) {
    super(Phase.BOOT, reason, console);
    this.reason = reason;
  }

  /** {@return what kexec said} */
  String reason() {
    return reason;
  }
}
