// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

final class SuitesTest {
  @Test
  void eachSuiteIsASourceAndEachStableOneHasItsSecurityUpdates() {
    List<String> lines =
        Suites.sources(List.of("http://mirror/debian", "http://mirror/debian-security"))
            .lines()
            .toList();
    assertEquals(Suites.NAMES.size() + 3, lines.size());
    for (String line : lines) {
      assertTrue(line.startsWith("deb [signed-by=/usr/share/keyrings/debian-archive-"), line);
      assertTrue(line.endsWith(" main"), line);
      assertEquals(line.contains("debian-security"), line.contains("-security main"), line);
    }
  }
}
