// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class QemuVersionTest {
  @Test
  void isReadFromWhatQemuSays() {
    assertEquals(
        Optional.of(new QemuVersion(10, 0, 2)),
        QemuVersion.in("QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2+deb13u1~bpo12+1)"));
    assertEquals(Optional.empty(), QemuVersion.in("true (GNU coreutils) 9.1"));
    assertEquals(Optional.empty(), QemuVersion.in("QEMU emulator version 99999999999.0.0"));
  }

  @Test
  void tenIsNewerThanSeven() {
    assertTrue(new QemuVersion(10, 0, 2).compareTo(new QemuVersion(7, 2, 22)) > 0);
    assertTrue(new QemuVersion(7, 2, 3).compareTo(new QemuVersion(7, 2, 22)) < 0);
  }
}
