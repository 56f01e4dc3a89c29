// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.crashlane.bits.Printable;
import org.crashlane.guest.QemuVersion;

/**
 * A QEMU that answers, with what it says of itself.
 *
 * @param program what is started
 * @param name its version as it prints it, with the distribution's
 * @param version the version
 * @param accelerator by what it runs the guests
 */
public record Qemu(Path program, String name, QemuVersion version, Accelerator accelerator) {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final int QUOTED_CHARS = 200;
  private static final Pattern OPTION = Pattern.compile("^  ([a-z0-9-]+)=");

  /**
   * {@return what {@code program} says of itself}
   *
   * @throws PartsUnavailableException if it does not, or is no QEMU
   */
  static Qemu ask(Path program, Accelerator accelerator) throws IOException {
    String text;
    try {
      text = Command.run(Path.of("/"), LIMIT, List.of(program.toString(), "--version"));
    } catch (IOException e) {
      throw new PartsUnavailableException(
          "%s: cannot be asked for its version: %s".formatted(program, Command.inShort(e)), e);
    }
    String name = Printable.of(text.lines().findFirst().orElse(""), QUOTED_CHARS);
    return new Qemu(
        program,
        name,
        QemuVersion.in(name)
            .orElseThrow(() ->
                new PartsUnavailableException(
                    "%s: is no QEMU: asked for its version it says '%s'".formatted(program, name))),
        accelerator);
  }

  /**
   * {@return the options that {@code device} has in this QEMU; none if it has no such device or
   * does not say}
   */
  public Set<String> optionsOf(String device) throws IOException {
    List<String> argv =
        List.of(program.toString(), "-machine", "none", "-device", device + ",help");
    try {
      return Command.run(Path.of("/"), LIMIT, argv)
          .lines()
          .map(OPTION::matcher)
          .filter(Matcher::find)
          .map(found -> found.group(1))
          .collect(Collectors.toUnmodifiableSet());
    } catch (Command.FailedException noSuchDevice) {
      return Set.of();
    }
  }
}
