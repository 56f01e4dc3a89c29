// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UserDirectoryTest {

  @Test
  void theXdgVariableComesFirst() {
    Map<String, String> environment =
        Map.of("XDG_STATE_HOME", "/var/s", "XDG_CACHE_HOME", "/var/c", "HOME", "/home/u");
    assertEquals(Path.of("/var/s/crashlane"), UserDirectory.STATE.of(environment, "/root"));
    assertEquals(Path.of("/var/c/crashlane"), UserDirectory.CACHE.of(environment, "/root"));
  }

  @Test
  void homeComesBeforeThePasswordFile() {
    Map<String, String> environment = Map.of("HOME", "/home/u");
    assertEquals(
        Path.of("/home/u/.local/state/crashlane"),
        UserDirectory.STATE.of(environment, "/nonexistent"));
    assertEquals(
        Path.of("/home/u/.cache/crashlane"), UserDirectory.CACHE.of(environment, "/nonexistent"));
  }

  @Test
  void whatIsEmptyOrRelativeIsIgnored() {
    Map<String, String> environment = Map.of("XDG_CACHE_HOME", "tmp", "HOME", "");
    assertEquals(Path.of("/root/.cache/crashlane"), UserDirectory.CACHE.of(environment, "/root"));
  }

  /** The JVM's home is "?" where the password file does not have the user. */
  @Test
  void withoutAnyHomeTheVariablesAreNamed() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> UserDirectory.CACHE.of(Map.of(), "?"));
    assertEquals(
        "no home directory is known: set HOME or XDG_CACHE_HOME to an absolute path",
        e.getMessage());
  }
}
