// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which shared libraries a program of the host needs, its loader among them. */
final class SharedLibraries {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Pattern PATH = Pattern.compile("(?:^|=>)\\s+(/\\S+) \\(0x");

  private SharedLibraries() {}

  /** {@return their paths as the loader will look for them} None for a static program. */
  static List<Path> of(Path program) throws IOException {
    String text;
    try {
      text = Command.run(Path.of("/"), LIMIT, List.of("ldd", program.toString()));
    } catch (IOException e) {
      if (e.getMessage().contains("not a dynamic executable")) {
        return List.of();
      }
      throw e;
    }
    return parse(text);
  }

  /** {@return the paths in what {@code ldd} printed} */
  static List<Path> parse(String text) throws IOException {
    List<Path> paths = new ArrayList<>();
    for (String line : text.lines().toList()) {
      if (line.contains("not found")) {
        throw new IOException("missing shared library: " + line.strip());
      }
      Matcher matcher = PATH.matcher(line);
      if (matcher.find()) {
        paths.add(Path.of(matcher.group(1)));
      }
    }
    return paths;
  }
}
