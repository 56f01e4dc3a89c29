// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.vtd;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.BlockReason;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.vtd.Capabilities;
import org.crashlane.iommu.vtd.FaultReason;
import org.crashlane.iommu.vtd.FaultRecord;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Quote;
import org.crashlane.rule.Evidence.Source;
import org.crashlane.rule.Sighting.Faulted;
import org.crashlane.rule.Sighting.From;

/**
 * Requests that QEMU's Intel IOMMU blocked: of its fault recording registers, and of its trace
 * (hw/i386/trace-events, QEMU 7.2).
 */
final class FaultRecords {
  private static final Pattern FAULT =
      Pattern.compile(
          "vtd_dmar_fault sid (0x[0-9a-f]{1,4}) fault ([0-9]{1,3}) addr (0x[0-9a-f]+)"
              + " write ([01])");

  private FaultRecords() {}

  /** {@return those that the registers hold} */
  static List<Evidence> read(RegisterFile registers) {
    Capabilities capabilities = Capabilities.of(registers);
    List<Evidence> faults = new ArrayList<>();
    for (long i = 0; i <= Registers.Cap.NFR.get(capabilities.cap()); i++) {
      int offset = capabilities.faultRecordOffset() + (int) i * FaultRecord.BYTES;
      FaultRecord.decode(
              registers.read(FaultRecord.LOW.movedBy(offset)),
              registers.read(FaultRecord.HIGH.movedBy(offset)))
          .map(record ->
              faulted(record.requester(), record.page(), record.access(), record.reason()))
          .ifPresent(faults::add);
    }
    return faults;
  }

  /** {@return the one that {@code line} of the trace is about; the line where it is about none} */
  static Evidence traced(String line) {
    Matcher fault = FAULT.matcher(line);
    return fault.matches()
        ? faulted(
            RequesterId.ofPci(Math.toIntExact(Hex.parse(fault.group(1)))),
            Hex.parse(fault.group(3)),
            fault.group(4).equals("1") ? Access.WRITE : Access.READ,
            Integer.parseInt(fault.group(2)))
        : new Quote(Source.QEMU_TRACE, line);
  }

  private static Evidence faulted(RequesterId requester, long iova, Access access, int reason) {
    BlockReason why =
        FaultReason.of(reason)
            .<BlockReason>map(Function.identity())
            .orElseGet(() -> new BlockReason.Unknown(reason));
    return new Faulted(From.NOT_KNOWN, new Fault(new Request(requester, iova, access), why, true));
  }
}
