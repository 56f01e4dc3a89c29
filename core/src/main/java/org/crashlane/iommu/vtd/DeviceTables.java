// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.List;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.crashlane.memory.AddressRange;

/**
 * What the tables say that tell a unit which device goes where.
 *
 * @param attachments one for each requester with an entry, in order of requester id
 * @param malformations what is wrong in these tables
 * @param pages where they are, each of 4 KiB
 */
record DeviceTables(
    List<Attachment> attachments, List<Malformation> malformations, List<AddressRange> pages) {

  DeviceTables {
    attachments = List.copyOf(attachments);
    malformations = List.copyOf(malformations);
    pages = List.copyOf(pages);
  }

  static DeviceTables none() {
    return new DeviceTables(List.of(), List.of(), List.of());
  }

  /** {@return what is known of a unit that goes by no tables, because of what its register says} */
  static DeviceTables ofInvalidMode(long rootTableAddress) {
    String reason =
        FaultReason.MODE_INVALID.meaning() + ": " + Rtaddr.LAYOUT.describe(rootTableAddress);
    Malformation invalid =
        new Malformation(
            Rtaddr.RTA.inPlace(rootTableAddress),
            rootTableAddress,
            0,
            Malformation.Kind.RESERVED,
            reason);
    return new DeviceTables(List.of(), List.of(invalid), List.of());
  }
}
