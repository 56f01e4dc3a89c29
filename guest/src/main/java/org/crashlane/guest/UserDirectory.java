// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest;

import java.nio.file.Path;
import java.util.Map;

/**
 * Where a user's files are: by the XDG Base Directory Specification 0.8, then below {@code HOME},
 * then below what the JVM takes for the user's home, which it reads from the password file alone.
 */
public enum UserDirectory {
  /** What can be made again. */
  CACHE("XDG_CACHE_HOME", ".cache"),
  /** What must survive a restart: journals. */
  STATE("XDG_STATE_HOME", ".local/state");

  private final String variable;
  private final String belowHome;

  UserDirectory(String variable, String belowHome) {
    this.variable = variable;
    this.belowHome = belowHome;
  }

  /** {@return crashlane's own folder for this process, there or not} */
  public Path ofProcess() {
    return of(System.getenv(), System.getProperty("user.home", ""));
  }

  /** {@return the variable that names another place} */
  public String variable() {
    return variable;
  }

  /**
   * {@return crashlane's own folder}
   *
   * @param environment of the process; as the specification has it, paths that are not absolute are
   *     ignored
   * @param jvmHome what is taken where {@code HOME} says nothing
   * @throws IllegalArgumentException if no folder is named at all
   */
  Path of(Map<String, String> environment, String jvmHome) {
    String named = environment.getOrDefault(variable, "");
    if (isAbsolute(named)) {
      return Path.of(named, "crashlane");
    }
    String home = environment.getOrDefault("HOME", "");
    if (isAbsolute(home)) {
      return Path.of(home, belowHome, "crashlane");
    }
    if (isAbsolute(jvmHome)) {
      return Path.of(jvmHome, belowHome, "crashlane");
    }
    throw new IllegalArgumentException(
        "no home directory is known: set HOME or " + variable + " to an absolute path");
  }

  private static boolean isAbsolute(String path) {
    return path.startsWith("/");
  }
}
