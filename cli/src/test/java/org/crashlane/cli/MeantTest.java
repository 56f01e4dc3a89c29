// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is right, but typed in the wrong place, is answered with the right one. */
final class MeantTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          vtd                          | 'vtd' is a machine: did you mean 'crashlane rehearse vtd'?
          off                          | 'off' is a strategy: did you mean 'crashlane rehearse --strategy off'?
          L2                           | 'L2' is a finding's code: did you mean 'crashlane explain L2'?
          qemu:/run/x                  | did you mean 'crashlane tables walk qemu:/run/x'?
          tables qemu:/run/x           | did you mean 'crashlane tables walk qemu:/run/x'?
          acpi /sys/firmware/acpi/tables/DMAR | did you mean 'crashlane acpi show /sys/firmware/acpi/tables/DMAR'?
          my.yaml                      | did you mean 'crashlane rehearse my.yaml'?
          rehearse vtd off             | 'off' is a strategy: did you mean 'crashlane rehearse --strategy off'?
          rehearse intel               | did you mean 'crashlane rehearse vtd'?
          rehearse snp                 | did you mean 'crashlane rehearse snp-copy snp-reuse'?
          rehearse guest.xml           | did you mean 'crashlane tables walk qemu:SOCKET'?
          rehearse guest.qcow2         | 'guest.qcow2' is a disk image,
          rehearse DMAR                | did you mean 'crashlane acpi show DMAR'?
          rehearse --strategy vtd      | 'vtd' is a machine: did you mean 'crashlane rehearse vtd'?
          rehearse --strategy=intel_iommu=on | did you mean 'crashlane rehearse --strategy adopt'?
          arm /run/guest.qmp           | '/run/guest.qmp' is a socket: did you mean 'qemu:/run/guest.qmp'?
          disarm /run/guest.qmp        | did you mean 'qemu:/run/guest.qmp'?
          arm qemu:                    | 'qemu:' is no guest: expected qemu:SOCKET,
          arm qemu:/x --crash-range 256M | as /proc/iomem has it ("Crash kernel" is the crash range)
          """)
  void isAsked(String words, String expected) {
    Run run = Run.of(words.split(" "));
    assertEquals(2, run.code(), run.out());
    assertTrue(run.err().contains(expected), run.err());
    assertFalse(run.err().contains("positional parameter"), run.err());
  }

  @Test
  void aSlipOfACommandIsNearerThanAMachine() {
    assertTrue(Run.of("machine").err().contains("did you mean 'machines'?"));
    assertTrue(Run.of("rehearse", "vdt").err().contains("did you mean 'vtd'?"));
  }

  @Test
  void aSocketIsKnownWhateverItsName(@TempDir Path directory) throws IOException {
    Path socket = directory.resolve("monitor-of-it");
    try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listener.bind(UnixDomainSocketAddress.of(socket));
      assertTrue(
          Run.of("arm", socket.toString()).err().contains("did you mean 'qemu:" + socket + "'?"));
    }
  }

  @Test
  void aFileThatIsCalledAsAStrategyIsAMachine(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("off"), "name: [");
    assertTrue(Run.of("rehearse", file.toString()).err().contains(file + ":1:"));
  }

  @Test
  void withoutACommandTheNextOneIsSaid() {
    assertTrue(Run.of().err().endsWith("crashlane: no command given: try 'crashlane rehearse'\n"));
    assertTrue(
        Run.of("tables")
            .err()
            .endsWith("crashlane: no command given: try 'crashlane tables walk -h'\n"));
  }

  @Test
  void helpBeforeACommandIsThatCommandsAndVersionIsNotPassedOver() {
    assertEquals(Run.of("rehearse", "-h").out(), Run.of("--help", "rehearse").out());
    assertEquals(Run.of("machines", "show", "-h").out(), Run.of("-h", "machines", "show").out());
    Run version = Run.of("--version", "explain");
    assertEquals(2, version.code());
    assertTrue(version.err().startsWith("crashlane: unknown option '--version'"), version.err());
  }

  @Test
  void outputIntoADirectoryThatIsNotThereNamesIt() {
    assertEquals(
        "crashlane: /no-such: no such directory\n", Run.of("version", "-o", "/no-such/x").err());
  }

  @Test
  void ofADirectoryOfTablesThoseThatAreReadAreNamed(@TempDir Path directory) throws IOException {
    assertTrue(
        Run.of("acpi", "show", directory.toString())
            .err()
            .startsWith("crashlane: " + directory + ": is a directory without a DMAR or IVRS"));
    Files.writeString(directory.resolve("DMAR"), "");
    Files.writeString(directory.resolve("FACP"), "");
    assertEquals(
        "crashlane: %s: is a directory; did you mean 'crashlane acpi show %<s/DMAR'?\n"
            .formatted(directory),
        Run.of("acpi", "show", directory.toString()).err());
  }

  @Test
  void explainFindsCodesByAWordOfTheirExplanation() {
    Run run = Run.of("explain", "intel_iommu=off");
    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().contains("\nC2 ") && run.out().contains("\nL2 "), run.out());
    assertFalse(run.out().contains("A2"), run.out());
    assertTrue(Run.of("explain", "intremap").out().contains("\nC3 "));
    assertTrue(Run.of("explain", "A1", "SME").out().contains("\nA7 "));
    assertTrue(Run.of("explain", "sme", "--json").out().contains("\"code\" : \"A7\""));
  }
}
