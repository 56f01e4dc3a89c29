// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.TableId;
import org.crashlane.machine.Device;
import org.crashlane.machine.DumpRole;
import org.crashlane.memory.Absence;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Reading.AddressFact;
import org.crashlane.rule.Reading.Addresses;
import org.crashlane.rule.Reading.Entry;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Subject.AddressSpace;
import org.crashlane.rule.Subject.OfDevice;
import org.crashlane.rule.Verdict;

/** Verdicts to print. */
final class Verdicts {
  static final AddressRange CRASH = AddressRange.parse("0x2d000000-0x3cffffff");
  static final Device NVME = device("00:03.0", "nvme");

  private Verdicts() {}

  static Device device(String requester, String name) {
    return new Device(RequesterId.parse(requester), name, DumpRole.NAMED);
  }

  static Verdict broken() {
    return Verdict.of(
        List.of(
            new Finding(
                FindingCode.L1,
                Severity.NOTE,
                new OfDevice(device("00:04.0", "e1000e")),
                List.of(),
                List.of(),
                List.of()),
            new Finding(
                FindingCode.A1,
                Severity.BROKEN,
                new AddressSpace(
                    new TableId(0x1003000, Geometry.of(12, 3)),
                    List.of(NVME.requester(), RequesterId.parse("00:05.0")),
                    List.of(NVME)),
                List.of(CRASH),
                List.of(
                    new Amount(Quantity.BYTES_UNMAPPED, 0x2000, CRASH.sizeBytes()),
                    new Addresses(AddressFact.HOLE, AddressRange.parse("0x2d000000-0x2d001fff"))),
                List.of(Step.ARM)),
            new Finding(
                FindingCode.L3,
                Severity.UNKNOWN,
                new OfDevice(NVME),
                List.of(AddressRange.parse("0x1004000-0x1004fff")),
                List.of(
                    new Entry(
                        new Malformation(
                            0x1002030,
                            0x1003001,
                            0,
                            Malformation.Kind.UNREADABLE,
                            Reason.of(
                                TableFact.TABLE,
                                new Reason.At(0x1003000),
                                new Reason.Because(Absence.EXCLUDED))))),
                List.of(Step.MAKE_READABLE))));
  }

  static Verdict holds() {
    return Verdict.of(List.of());
  }

  static Verdict unknown() {
    return Verdict.of(
        List.of(
            new Finding(
                FindingCode.A3,
                Severity.UNKNOWN,
                new OfDevice(NVME),
                List.of(),
                List.of(),
                List.of(Step.MAKE_READABLE))));
  }
}
