// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.crashlane.guest.QemuVersion;
import org.crashlane.guest.lab.LabIommus;
import org.crashlane.rehearsal.MappingMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** QEMUs as users name them, and what they say of themselves. */
class QemuTest {
  private static final String SAYS =
      """
      #!/bin/sh
      case "$*" in
        --version) echo 'QEMU emulator version 10.0.2 (Debian 1:10.0.2)' ;;
        *nothing,help*) exit 1 ;;
        *) printf 'amd-iommu options:\\n  pt=<bool>     - on/off\\n  xtsup=<bool>  - on/off\\n' ;;
      esac
      """;

  @TempDir Path directory;

  @Test
  void suiteOrPathIsMeant() {
    assertEquals(new QemuSpec.Suite("sid"), QemuSpec.read("sid"));
    assertEquals(new QemuSpec.Program(Path.of("/opt/qemu")), QemuSpec.read("/opt/qemu"));
    assertThrows(IllegalArgumentException.class, () -> QemuSpec.read("10.0"));
    assertThrows(IllegalArgumentException.class, () -> QemuSpec.read(""));
  }

  @Test
  void saysItsVersionAndItsOptions() throws IOException {
    Qemu qemu = Qemu.ask(program(SAYS), Accelerator.TCG);
    assertEquals(new QemuVersion(10, 0, 2), qemu.version());
    assertEquals(Set.of("pt", "xtsup"), qemu.optionsOf("amd-iommu"));
    assertEquals(Set.of(), qemu.optionsOf("nothing"));
  }

  @Test
  void whatIsNoQemuIsRefusedByItsPath() throws IOException {
    Path other = program("#!/bin/sh\necho other\n");
    PartsUnavailableException refused =
        assertThrows(PartsUnavailableException.class, () -> Qemu.ask(other, Accelerator.TCG));
    assertTrue(refused.getMessage().startsWith(other + ": is no QEMU"), refused::getMessage);
  }

  @Test
  void amdsIommuOfEveryVersionTranslates() {
    var amd = LabIommus.of(MappingMode.AMDVI);
    assertEquals(List.of("pt=off"), amd.optionsOfVersion(Set.of("pt", "xtsup")));
    assertEquals(List.of(), amd.optionsOfVersion(Set.of("xtsup")));
  }

  @Test
  void kvmLeavesTheIoapicToQemu() {
    assertTrue(
        Accelerator.KVM.options("x=y").contains("q35,kernel-irqchip=split,x=y"),
        () -> Accelerator.KVM.options("x=y").toString());
    assertTrue(Accelerator.TCG.options("x=y").contains("q35,kernel-irqchip=off,x=y"));
  }

  @Test
  void unpackedProgramIsStartedByTheLoaderBesideIt() throws IOException {
    Path libraries = Files.createDirectories(directory.resolve("lib/" + Starters.TRIPLET));
    Path program = Files.createDirectories(directory.resolve("usr/bin")).resolve("tool");
    Path starter = Files.createDirectories(directory.resolve("start")).resolve("tool");
    Starters starters = new Starters(directory);
    assertThrows(
        PartsUnavailableException.class,
        () -> starters.write(starter, program, false, Starters.Arguments.NONE));
    Files.writeString(libraries.resolve("ld-linux-x86-64.so.2"), "");
    starters.write(starter, program, false, new Starters.Arguments("A=b", "-L x"));
    String script = Files.readString(starter);
    assertTrue(script.contains("export A=b\n"), script);
    assertTrue(
        script.contains("\"$here/../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2\" --library-path"),
        script);
    assertTrue(script.contains("\"$here/../usr/bin/tool\" -L x \"$@\""), script);
  }

  @Test
  void whatBackportsLackComesFromTheirSuite() {
    String preferences = Suites.preferring("bookworm-backports");
    assertTrue(
        preferences.contains("release n=bookworm-backports\nPin-Priority: 990"), preferences);
    assertTrue(preferences.contains("release n=bookworm-security\nPin-Priority: 989"), preferences);
    assertTrue(Suites.preferring("sid").contains("release n=sid\nPin-Priority: 990"));
  }

  private Path program(String text) throws IOException {
    Path file = Files.writeString(directory.resolve("qemu"), text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    return file;
  }
}
