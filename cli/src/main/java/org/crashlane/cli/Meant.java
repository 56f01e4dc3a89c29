// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.crashlane.model.spec.file.BuiltInMachines;
import org.crashlane.rehearsal.LinuxSetting;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.FindingCode;

/**
 * What a word is that is right, but not where it was typed.
 *
 * @param kind what kind of thing
 * @param typed how it is typed where it belongs
 */
record Meant(Kind kind, String typed) {

  /** Things that people type. */
  enum Kind {
    GUEST("a guest"),
    MACHINE("a machine"),
    STRATEGY("a strategy"),
    PARAMETER("a kernel parameter"),
    CODE("a finding's code"),
    ACPI_TABLE("a table of ACPI"),
    MACHINE_FILE("a machine's file"),
    DOMAIN("a libvirt domain, and a guest is named by its socket"),
    DISK_IMAGE("a disk image, and a guest is named by its socket"),
    SOCKET("a socket"),
    SUMMARY("part of machines' names or summaries");

    private final String article;

    Kind(String article) {
      this.article = article;
    }
  }

  private static final String REHEARSE = "crashlane rehearse ";
  private static final String WALK = "crashlane tables walk ";
  private static final String SOCKET_PATH = ".*\\.(qmp|sock|socket|monitor)";
  private static final String ACPI_PATH = "(/sys/firmware/acpi/.+|(.*/)?(DMAR|IVRS|APIC|IORT))";
  private static final int SHORTEST_SEARCHED = 3;

  /** {@return what {@code word} is, if anything is known of it} */
  static Optional<Meant> of(String word) {
    if (word.startsWith(GuestSocket.SCHEME)) {
      return Optional.of(new Meant(Kind.GUEST, WALK + word));
    }
    return ofName(word.toLowerCase(Locale.ROOT))
        .or(() -> ofFile(word))
        .or(() -> ofSearched(word.toLowerCase(Locale.ROOT)));
  }

  private static Optional<Meant> ofName(String word) {
    if (BuiltInMachines.names().contains(word)) {
      return Optional.of(new Meant(Kind.MACHINE, REHEARSE + word));
    }
    List<String> strategies = strategies(s -> s.label().equals(word));
    if (!strategies.isEmpty()) {
      return Optional.of(new Meant(Kind.STRATEGY, REHEARSE + "--strategy " + word));
    }
    List<String> set = strategies(s -> LinuxSetting.hasParameter(s, word));
    if (!set.isEmpty()) {
      return Optional.of(
          new Meant(Kind.PARAMETER, REHEARSE + "--strategy " + String.join(",", set)));
    }
    return Arrays.stream(FindingCode.values())
        .filter(code -> code.name().equalsIgnoreCase(word))
        .findFirst()
        .map(code -> new Meant(Kind.CODE, "crashlane explain " + code));
  }

  private static List<String> strategies(Predicate<Strategy> which) {
    return Arrays.stream(Strategy.values()).filter(which).map(Strategy::label).toList();
  }

  /** What its name says, or that it is a socket. */
  private static Optional<Meant> ofFile(String word) {
    if (word.matches(ACPI_PATH)) {
      return Optional.of(new Meant(Kind.ACPI_TABLE, "crashlane acpi show " + word));
    }
    String lower = word.toLowerCase(Locale.ROOT);
    if (lower.matches(".*\\.(ya?ml|json)")) {
      return Optional.of(new Meant(Kind.MACHINE_FILE, REHEARSE + word));
    }
    if (lower.endsWith(".xml")) {
      return Optional.of(new Meant(Kind.DOMAIN, WALK + "qemu:SOCKET"));
    }
    if (lower.matches(".*\\.(qcow2|img|raw)")) {
      return Optional.of(new Meant(Kind.DISK_IMAGE, WALK + "qemu:SOCKET"));
    }
    return lower.matches(SOCKET_PATH) || isSocket(word)
        ? Optional.of(new Meant(Kind.SOCKET, GuestSocket.SCHEME + word))
        : Optional.empty();
  }

  private static boolean isSocket(String word) {
    try {
      Path path = Path.of(word);
      return Files.exists(path) && !Files.isRegularFile(path) && !Files.isDirectory(path);
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /** Machines whose name has the word in it; without one, those whose summary has. */
  private static Optional<Meant> ofSearched(String word) {
    if (word.length() < SHORTEST_SEARCHED) {
      return Optional.empty();
    }
    Pattern whole = Pattern.compile("\\b" + Pattern.quote(word) + "\\b", Pattern.CASE_INSENSITIVE);
    List<String> named = machines(name -> name.contains(word));
    List<String> found =
        named.isEmpty()
            ? machines(
                name -> whole.matcher(BuiltInMachines.find(name).orElseThrow().summary()).find())
            : named;
    return found.isEmpty()
        ? Optional.empty()
        : Optional.of(new Meant(Kind.SUMMARY, REHEARSE + String.join(" ", found)));
  }

  private static List<String> machines(Predicate<String> which) {
    return BuiltInMachines.names().stream().filter(which).toList();
  }

  /** {@return true if it is that, whether or not there is a file of this name} */
  boolean isNoMachineFile() {
    return switch (kind) {
      case ACPI_TABLE, DOMAIN, DISK_IMAGE, GUEST, SOCKET -> true;
      case CODE, MACHINE, MACHINE_FILE, PARAMETER, STRATEGY, SUMMARY -> false;
    };
  }

  /** {@return the same of {@code word} as a message} */
  String question(String word) {
    return "'%s' is %s: did you mean '%s'?".formatted(word, kind.article, typed);
  }
}
