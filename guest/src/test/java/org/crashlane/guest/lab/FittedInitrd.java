// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.crashlane.guest.lab.boot.CpioArchive;
import org.crashlane.guest.lab.parts.KernelParts;
import org.crashlane.guest.lab.parts.LabParts;
import org.crashlane.rehearsal.Scenario;

/** The lab's initramfs, fitted out by a test: the primary has drivers more, and runs a script. */
final class FittedInitrd {
  private FittedInitrd() {}

  /**
   * {@return options for QEMU that have it boot one}
   *
   * @param modules loaded in this order before anything else
   * @param script run by the primary's shell behind that; what has to last goes to the background
   */
  static List<String> options(
      Path directory,
      LabParts parts,
      GuestConfig config,
      Scenario scenario,
      List<Path> modules,
      String script)
      throws IOException {
    Path initrd = Initrds.write(directory, parts, config, scenario);
    StringBuilder settings = new StringBuilder();
    KernelParts primary = parts.kernel(config.kernels().primary());
    settings.append(
        new String(Initrds.settings(primary, config, scenario), StandardCharsets.UTF_8));
    modules.forEach(module ->
        settings.append("insmod /more/%s || say warning more%n".formatted(module.getFileName())));
    settings.append(script).append('\n');
    // Of two files of one name the later one stays.
    try (OutputStream file = Files.newOutputStream(initrd, StandardOpenOption.APPEND);
        OutputStream zipped = new GZIPOutputStream(file);
        CpioArchive archive = new CpioArchive(zipped)) {
      archive.file("lab.conf", settings.toString().getBytes(StandardCharsets.UTF_8));
      for (Path module : modules) {
        archive.file("more/" + module.getFileName(), module);
      }
    }
    List<String> options = new ArrayList<>(config.more().qemu());
    options.addAll(List.of("-initrd", initrd.toString()));
    return options;
  }
}
