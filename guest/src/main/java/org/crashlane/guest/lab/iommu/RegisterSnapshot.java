// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Fault;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Sighting.Faulted;

/**
 * The registers of a guest's IOMMU that tell whether it translates and what it blocked, read from
 * the host.
 *
 * @param translating whether it translates
 * @param rootAddress physical address of its device tables
 * @param registers those that were read, by the manual's names
 * @param faults what it keeps in registers of requests that it blocked,
 */
public record RegisterSnapshot(
    boolean translating,
    long rootAddress,
    SequencedMap<String, Long> registers,
    List<Evidence> faults) {

  public RegisterSnapshot {
    registers = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(registers));
    faults = List.copyOf(faults);
  }

  @Override
  public String toString() {
    String values =
        registers.entrySet().stream().map(RegisterSnapshot::text).collect(Collectors.joining(", "));
    return values + ", faults " + faults.stream().map(RegisterSnapshot::text).toList();
  }

  private static String text(Evidence fault) {
    return fault instanceof Faulted(_, Fault blocked) ? blocked.toString() : fault.toString();
  }

  private static String text(Map.Entry<String, Long> register) {
    return register.getKey() + " " + Hex.of(register.getValue());
  }
}
