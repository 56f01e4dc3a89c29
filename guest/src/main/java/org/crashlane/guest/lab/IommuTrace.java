// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What QEMU's IOMMU traced, split at the panic.
 *
 * @param before from the start of QEMU until the panic was on the console
 * @param after from then on, until the capture kernel was done
 */
public record IommuTrace(List<String> before, List<String> after) {
  private static final String WRITE = "vtd_reg_write ";
  private static final String READ = "vtd_reg_read ";
  private static final String FAULT = "vtd_dmar_fault ";

  public IommuTrace {
    before = List.copyOf(before);
    after = List.copyOf(after);
  }

  /**
   * Reads the trace.
   *
   * @param panicBytes how long the file was when the panic was seen
   * @param endBytes how long it was before the host read registers itself
   */
  static IommuTrace read(Path file, long panicBytes, long endBytes) throws IOException {
    if (!Files.exists(file)) {
      return new IommuTrace(List.of(), List.of());
    }
    byte[] bytes = Files.readAllBytes(file);
    int split = Math.toIntExact(Math.min(panicBytes, bytes.length));
    int end = Math.toIntExact(Math.min(endBytes, bytes.length));
    return new IommuTrace(lines(bytes, 0, split), lines(bytes, split, end));
  }

  /** {@return the writes to the IOMMU's registers after the panic} */
  public List<String> registerWritesAfterCrash() {
    return after.stream().filter(line -> line.startsWith(WRITE)).toList();
  }

  /** {@return the reads of the IOMMU's registers after the panic} */
  public List<String> registerReadsAfterCrash() {
    return after.stream().filter(line -> line.startsWith(READ)).toList();
  }

  /** {@return the requests that the IOMMU blocked after the panic} */
  public List<String> faultsAfterCrash() {
    return after.stream().filter(line -> line.startsWith(FAULT)).toList();
  }

  private static List<String> lines(byte[] bytes, int from, int to) {
    return new String(bytes, from, Math.max(0, to - from), StandardCharsets.UTF_8).lines().toList();
  }
}
