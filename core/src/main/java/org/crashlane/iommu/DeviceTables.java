// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Function;
import org.crashlane.iommu.Attachment.Translated;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/**
 * What the tables said that tell a unit which device goes where, when they were read.
 *
 * @param attachments one for each requester that has an entry, in order of requester id; where the
 *     tables have one for every id there may be, those that are as good as none are left out
 * @param malformations what is wrong in these tables
 * @param pages where they are, page by page
 * @param unreadBesides what is not known of listed requesters besides what {@code attachments}
 *     says: tables for requests that carry a PASID, which are not read; mostly nothing
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

  /** What a unit says that has no such tables in memory. */
  public DeviceTables(List<Attachment> attachments) {
    this(attachments, List.of(), List.of(), List.of());
  }

  /** {@return what a unit without tables has} */
  public static DeviceTables none() {
    return new DeviceTables(List.of());
  }

  /** {@return the address spaces, each with the devices that share it, in order of appearance} */
  public SequencedMap<TableId, List<RequesterId>> spaces() {
    return spaces(attachments, Translated::table);
  }

  /**
   * {@return the devices that are translated, those together that have the same key}
   *
   * @param key what tells one way of translation from another
   */
  public static <K> SequencedMap<K, List<RequesterId>> spaces(
      Iterable<Attachment> attachments, Function<Translated, K> key) {
    SequencedMap<K, List<RequesterId>> spaces = new LinkedHashMap<>();
    for (Attachment attachment : attachments) {
      if (attachment instanceof Translated translated) {
        spaces
            .computeIfAbsent(key.apply(translated), _ -> new ArrayList<>())
            .add(translated.requester());
      }
    }
    return spaces;
  }
}
