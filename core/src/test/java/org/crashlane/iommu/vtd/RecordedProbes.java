// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.ProbeFile;
import org.crashlane.iommu.Request;

/** Probes of QEMU's intel-iommu, as recorded. */
record RecordedProbes(Capabilities capabilities, long root, long ramBytes, List<Probe> probes) {

  /** What one DMA did: it reached an address, or left a fault record, or neither was seen. */
  record Probe(
      Map<Long, Long> tables,
      Request request,
      Optional<Long> reached,
      Optional<RecordedFault> fault) {}

  /** A fault record, decoded. */
  record RecordedFault(long page, int requester, int reason, Access access) {}

  static RecordedProbes read(Path path) {
    ProbeFile file = ProbeFile.read(path);
    ProbeFile.Line machine = file.machine();
    return new RecordedProbes(
        new Capabilities(machine.hex("cap"), machine.hex("ecap")),
        machine.hex("root"),
        file.ramBytes(),
        file.probes().stream().map(line -> probe(file, line)).toList());
  }

  private static Probe probe(ProbeFile file, ProbeFile.Line line) {
    return new Probe(
        line.tables(),
        line.request(file.requester()),
        line.reached(),
        line.find("addr").map(page -> fault(line, Hex.parse(page))));
  }

  private static RecordedFault fault(ProbeFile.Line line, long page) {
    return new RecordedFault(
        page, (int) line.number("sid"), (int) line.number("reason"), line.access("type"));
  }
}
