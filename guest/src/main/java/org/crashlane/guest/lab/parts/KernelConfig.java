// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * How a kernel was configured: the {@code .config} of its build, or {@code /boot/config-RELEASE}.
 */
public final class KernelConfig {
  private static final Pattern LINE = Pattern.compile("CONFIG_([A-Za-z0-9_]+)=(.*)");

  private static final String BUILT_IN = "y";
  private static final String MODULE = "m";

  /** What the lab's console, initramfs and kexec need of either kernel. */
  private static final List<String> OF_BOTH =
      List.of("SERIAL_8250_CONSOLE", "BLK_DEV_INITRD", "DEVTMPFS", "CRASH_DUMP");

  private static final List<String> OF_PRIMARY = List.of("KEXEC_FILE", "MAGIC_SYSRQ");
  private static final List<String> OF_CAPTURE = List.of("PROC_VMCORE");

  /** Modules to the symbols that build them. */
  private static final Map<String, String> DRIVERS =
      Map.of(
          "nvme", "BLK_DEV_NVME",
          "ahci", "SATA_AHCI",
          "sd_mod", "BLK_DEV_SD",
          "virtio_pci", "VIRTIO_PCI",
          "virtio_blk", "VIRTIO_BLK",
          "megaraid_sas", "MEGARAID_SAS",
          "mptsas", "FUSION_SAS",
          "e1000e", "E1000E");

  private final Path file;
  private final Map<String, String> values;

  private KernelConfig(Path file, Map<String, String> values) {
    this.file = file;
    this.values = values;
  }

  /**
   * {@return the configuration in {@code file}}
   *
   * @throws IllegalArgumentException if it is none
   */
  public static KernelConfig read(Path file) throws IOException {
    Map<String, String> values = new HashMap<>();
    try (Stream<String> lines = Files.lines(file)) {
      lines.forEach(line -> {
        Matcher set = LINE.matcher(line);
        if (set.matches()) {
          values.put(set.group(1), set.group(2));
        }
      });
    } catch (UncheckedIOException e) {
      if (!(e.getCause() instanceof MalformedInputException)) {
        throw e.getCause();
      }
      values.clear();
    }
    if (values.isEmpty()) {
      throw new IllegalArgumentException(
          file + ": no kernel's configuration: no line begins with CONFIG_NAME=");
    }
    return new KernelConfig(file, Map.copyOf(values));
  }

  /** Which of the two kernels one is. */
  public enum Role {
    PRIMARY,
    CAPTURE
  }

  /**
   * Checks that a kernel so configured can do what the lab asks of it.
   *
   * @param iommu the symbol of the driver of the guest's IOMMU, for the primary
   * @param drivers modules of its disk
   * @param hasModules whether there is a directory of modules
   * @throws IllegalArgumentException if it cannot, naming what is missing
   */
  public void require(Role role, String iommu, Collection<String> drivers, boolean hasModules) {
    List<String> needed = new ArrayList<>(OF_BOTH);
    needed.addAll(role == Role.PRIMARY ? OF_PRIMARY : OF_CAPTURE);
    if (role == Role.PRIMARY) {
      needed.add(iommu);
    }
    List<String> missing =
        new ArrayList<>(
            needed.stream().filter(name -> !BUILT_IN.equals(values.get(name))).toList());
    for (String driver : drivers) {
      String symbol = DRIVERS.get(driver);
      String value = symbol == null ? BUILT_IN : values.getOrDefault(symbol, "");
      if (value.equals(MODULE) ? !hasModules : !value.equals(BUILT_IN)) {
        missing.add(value.equals(MODULE) ? symbol + " (a module: give --modules DIR)" : symbol);
      }
    }
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          "%s: as %s kernel the lab needs these built in: CONFIG_%s"
              .formatted(
                  file,
                  role == Role.PRIMARY ? "primary" : "capture",
                  String.join(", CONFIG_", missing)));
    }
  }
}
