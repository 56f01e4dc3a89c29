// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.crashlane.memory.AddressRange;

/**
 * One thing found, with what shows it.
 *
 * @param code what kind
 * @param severity how it weighs
 * @param subject the device, table or unit it is about, for people
 * @param range the addresses it is about
 * @param evidence addresses, entries, bits and arithmetic, one line each
 * @param remedy what to do
 */
public record Finding(
    FindingCode code,
    Severity severity,
    String subject,
    Optional<AddressRange> range,
    List<String> evidence,
    String remedy) {
  /** The subject of what is about the capture kernel itself. */
  public static final String CAPTURE_KERNEL = "capture kernel";

  public Finding {
    evidence = List.copyOf(evidence);
  }

  /** {@return true if it is about the capture kernel itself, and no device} */
  public boolean isAboutCaptureKernel() {
    return subject.equals(CAPTURE_KERNEL);
  }

  /** {@return this finding with {@code lines} behind its evidence} */
  public Finding withEvidence(List<String> lines) {
    List<String> all = Stream.concat(evidence.stream(), lines.stream()).toList();
    return new Finding(code, severity, subject, range, all, remedy);
  }
}
