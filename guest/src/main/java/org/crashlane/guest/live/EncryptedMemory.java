// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.crashlane.bits.Printable;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.guest.qmp.QmpCommandException;

/**
 * Whether a guest's memory is encrypted, so that nobody outside reads it: by AMD's SEV, SEV-ES and
 * SEV-SNP, or Intel's TDX. (With SME, the host's memory is encrypted, but not for its own programs;
 * QEMU has no guests with SME of their own.)
 */
final class EncryptedMemory {
  private static final int QUOTED_CHARS = 80;

  /**
   * The machine's properties that name the object which encrypts: since QEMU 6.0, and before
   * (hw/core/machine.c).
   */
  private static final List<String> PROPERTIES =
      List.of("confidential-guest-support", "memory-encryption");

  private EncryptedMemory() {}

  /**
   * Makes sure that it is not.
   *
   * @throws IOException if it is, or QEMU does not tell as expected
   */
  static void requireNone(QmpClient qmp) throws IOException {
    for (String property : PROPERTIES) {
      String object = property(qmp, property);
      if (!object.isEmpty()) {
        throw encrypted(qmp, "%s is %s".formatted(property, Printable.of(object, QUOTED_CHARS)));
      }
    }
    if (isSev(qmp)) {
      throw encrypted(qmp, "query-sev says that SEV is enabled");
    }
  }

  private static IOException encrypted(QmpClient qmp, String how) {
    return new IOException(
        ("%s: the guest's memory is encrypted (%s): what can be read of it from outside is no"
                + " table, and is not checked; arm it from inside, by the crashlane_arm module")
            .formatted(qmp.socket(), how));
  }

  /** {@return the property, empty where the machine has none of that name} */
  private static String property(QmpClient qmp, String name) throws IOException {
    try {
      return qmp.execute("qom-get", Map.of("path", "/machine", "property", name)).asString("");
    } catch (QmpCommandException e) {
      return "";
    }
  }

  private static boolean isSev(QmpClient qmp) throws IOException {
    try {
      return qmp.execute("query-sev").path("enabled").asBoolean(false);
    } catch (QmpCommandException e) {
      return false;
    }
  }
}
