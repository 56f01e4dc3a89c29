// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.zip.GZIPOutputStream;
import org.crashlane.guest.lab.boot.CpioArchive;

/** The small system of both guests, as an initramfs: busybox, kexec, makedumpfile, one script. */
final class SystemArchive {
  private static final int CONSOLE_MAJOR = 5;
  private static final int CONSOLE_MINOR = 1;
  private static final int NULL_MAJOR = 1;
  private static final int NULL_MINOR = 3;

  /** What {@code init.sh} calls of busybox. */
  private static final List<String> APPLETS =
      List.of(
          "sh",
          "mount",
          "stty",
          "insmod",
          "dmesg",
          "grep",
          "sleep",
          "cat",
          "sed",
          "tr",
          "basename",
          "readlink",
          "xxd",
          "uname",
          "dd",
          "poweroff",
          "blockdev",
          "sync",
          "tail",
          "timeout",
          "ip",
          "nc");

  private static final List<String> PROGRAMS = List.of("kexec", "makedumpfile");

  private SystemArchive() {}

  /** {@return the script both guests run} */
  static byte[] initScript() throws IOException {
    try (InputStream in = CpioArchive.class.getResourceAsStream("init.sh")) {
      if (in == null) {
        throw new IOException("init.sh is not among the program's resources");
      }
      return in.readAllBytes();
    }
  }

  /** {@return the host's files that go in, for telling whether they changed} */
  static List<Path> hostFiles() throws PartsUnavailableException {
    List<Path> files = new ArrayList<>(List.of(HostPrograms.path("busybox")));
    for (String program : PROGRAMS) {
      files.add(HostPrograms.path(program));
    }
    return files;
  }

  static void write(Path archive, Kernel kernel) throws IOException {
    try (OutputStream file = Files.newOutputStream(archive);
        OutputStream zipped = new GZIPOutputStream(file);
        CpioArchive cpio = new CpioArchive(new BufferedOutputStream(zipped))) {
      for (String mountPoint : List.of("proc", "sys", "dev", "boot", "tmp")) {
        cpio.directory(mountPoint);
      }
      cpio.device("dev/console", CONSOLE_MAJOR, CONSOLE_MINOR);
      cpio.device("dev/null", NULL_MAJOR, NULL_MINOR);
      cpio.file("init", initScript());
      cpio.file("bin/busybox", HostPrograms.path("busybox"));
      for (String applet : APPLETS) {
        cpio.link("bin/" + applet, "busybox");
      }
      TreeSet<Path> libraries = new TreeSet<>(SharedLibraries.of(HostPrograms.path("busybox")));
      for (String program : PROGRAMS) {
        Path path = HostPrograms.path(program);
        cpio.file("sbin/" + program, path);
        libraries.addAll(SharedLibraries.of(path));
      }
      for (Path library : libraries) {
        cpio.file(library.toString().substring(1), library);
      }
      TreeSet<String> modules = new TreeSet<>();
      kernel.diskModules().values().forEach(modules::addAll);
      for (String module : modules) {
        cpio.file("modules/" + module, kernel.moduleFile(module));
      }
    }
  }
}
