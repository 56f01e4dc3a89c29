// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import java.util.List;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Malformation;
import org.crashlane.memory.AddressRange;

/**
 * What the tables say that tell a unit which device goes where.
 *
 * @param attachments one for each requester with an entry, in order of requester id
 * @param malformations what is wrong in these tables
 * @param pages where they are, each of 4 KiB
 * @param unreadBesides what is not known of some of the requesters besides
 */
public record DeviceTables(
    List<Attachment> attachments,
    List<Malformation> malformations,
    List<AddressRange> pages,
    List<Attachment.Unsupported> unreadBesides) {

  public DeviceTables {
    attachments = List.copyOf(attachments);
    malformations = List.copyOf(malformations);
    pages = List.copyOf(pages);
    unreadBesides = List.copyOf(unreadBesides);
  }

  /** {@return what a unit without tables has} */
  public static DeviceTables none() {
    return new DeviceTables(List.of(), List.of(), List.of(), List.of());
  }
}
