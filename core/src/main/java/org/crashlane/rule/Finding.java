// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.List;
import java.util.stream.Stream;
import org.crashlane.memory.AddressRange;

/**
 * One thing found, with what shows it.
 *
 * @param code what kind
 * @param severity how it weighs
 * @param subject what it is about
 * @param ranges the addresses it is about; empty if it is about none in particular
 * @param evidence what shows it
 * @param remedies what to do: any of them, the first is preferred
 */
public record Finding(
    FindingCode code,
    Severity severity,
    Subject subject,
    List<AddressRange> ranges,
    List<Evidence> evidence,
    List<Remedy> remedies) {

  public Finding {
    ranges = List.copyOf(ranges);
    evidence = List.copyOf(evidence);
    remedies = List.copyOf(remedies);
  }

  /** {@return that something is broken, about no addresses in particular} */
  public static Finding broken(
      FindingCode code, Subject subject, List<? extends Evidence> evidence, Remedy... remedies) {
    return of(code, Severity.BROKEN, subject, evidence, remedies);
  }

  /** {@return that something is not known, about no addresses in particular} */
  public static Finding unknown(
      FindingCode code, Subject subject, List<? extends Evidence> evidence, Remedy... remedies) {
    return of(code, Severity.UNKNOWN, subject, evidence, remedies);
  }

  /** {@return a note, about no addresses in particular} */
  public static Finding note(
      FindingCode code, Subject subject, List<? extends Evidence> evidence, Remedy... remedies) {
    return of(code, Severity.NOTE, subject, evidence, remedies);
  }

  private static Finding of(
      FindingCode code,
      Severity severity,
      Subject subject,
      List<? extends Evidence> evidence,
      Remedy... remedies) {
    return new Finding(
        code, severity, subject, List.of(), List.copyOf(evidence), List.of(remedies));
  }

  /** {@return this finding with {@code more} behind its evidence} */
  public Finding withEvidence(List<? extends Evidence> more) {
    List<Evidence> all = Stream.<Evidence>concat(evidence.stream(), more.stream()).toList();
    return new Finding(code, severity, subject, ranges, all, remedies);
  }

  /** {@return this finding, weighing as {@code other}} */
  public Finding withSeverity(Severity other) {
    return new Finding(code, other, subject, ranges, evidence, remedies);
  }
}
