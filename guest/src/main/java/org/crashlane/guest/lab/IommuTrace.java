// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What QEMU's IOMMU traced, split where the primary kernel had died.
 *
 * <p>The split is the primary's own last act: when it dies, Linux stops the other processors and
 * then masks every pin of the IOAPIC (native_machine_crash_shutdown, arch/x86/kernel/crash.c), and
 * its crash path touches no IOMMU. All events stand in one file in the order in which they
 * happened, so what stands behind the first write to the IOAPIC is not the primary's.
 *
 * @param before from the start of QEMU until the primary had died
 * @param after from then on, until the capture kernel was done
 */
public record IommuTrace(List<String> before, List<String> after) {
  private static final String IOAPIC_WRITE = "ioapic_mem_write ";

  public IommuTrace {
    before = List.copyOf(before);
    after = List.copyOf(after);
  }

  /**
   * Reads the trace.
   *
   * @param readyBytes how long the file was when the guest stood before the crash
   * @param endBytes how long it was before the host read the registers at the end
   */
  static IommuTrace read(Path file, long readyBytes, long endBytes) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int ready = Math.toIntExact(Math.min(readyBytes, bytes.length));
    int end = Math.toIntExact(Math.min(endBytes, bytes.length));
    return split(lines(bytes, 0, ready), lines(bytes, ready, end));
  }

  /**
   * {@return the trace of a run}
   *
   * @param booting until the guest stood before the crash
   * @param rest from then on; without a write to the IOAPIC all of it counts as after the crash
   */
  static IommuTrace split(List<String> booting, List<String> rest) {
    int died = 0;
    while (died < rest.size() && !rest.get(died).startsWith(IOAPIC_WRITE)) {
      died++;
    }
    int from = died == rest.size() ? 0 : died;
    return new IommuTrace(
        java.util.stream.Stream.concat(booting.stream(), rest.subList(0, from).stream()).toList(),
        rest.subList(from, rest.size()).stream()
            .filter(line -> !line.startsWith(IOAPIC_WRITE))
            .toList());
  }

  private static List<String> lines(byte[] bytes, int from, int to) {
    return new String(bytes, from, Math.max(0, to - from), StandardCharsets.UTF_8).lines().toList();
  }
}
