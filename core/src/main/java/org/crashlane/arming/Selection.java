// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.crashlane.arming.ArmingPlan.Note;
import org.crashlane.arming.Refusal.Kind;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Attachment.Blocked;
import org.crashlane.iommu.Attachment.PassThrough;
import org.crashlane.iommu.Attachment.Translated;
import org.crashlane.iommu.Attachment.Unsupported;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.pci.RequesterId;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Obstacle.OfTable;
import org.crashlane.rule.Reading.Attached;
import org.crashlane.rule.Subject.Requesters;

/**
 * Which address spaces are to be armed, and who goes through each: devices share them.
 *
 * @param tables by root address
 * @param notes devices that are left alone, and why
 * @param refusals why nothing may be armed; empty if all that is translated may
 */
record Selection(Map<TableId, List<RequesterId>> tables, List<Note> notes, List<Refusal> refusals) {

  /**
   * {@return the size of the largest of the tables' pages, which all windows have to be made of,
   * and of the pages that new tables are put into}
   */
  int pageBytes() {
    return tables.keySet().stream()
        .mapToInt(table -> table.geometry().pageBytes())
        .max()
        .orElse(Geometry.PAGE_BYTES_MIN);
  }

  /**
   * @param attachments what the device tables say
   * @param wanted only these devices; all if empty
   * @param writable whether mappings may be put into a table
   */
  static Selection of(
      List<Attachment> attachments, Set<RequesterId> wanted, Predicate<TableId> writable) {
    Map<TableId, List<RequesterId>> tables =
        new TreeMap<>((a, b) -> Long.compareUnsigned(a.root(), b.root()));
    List<Note> notes = new ArrayList<>();
    DeviceReasons unsupported = new DeviceReasons();
    DeviceReasons noTables = new DeviceReasons();
    Set<RequesterId> missing = new TreeSet<>(wanted);
    for (Attachment attachment : attachments) {
      boolean named = missing.remove(attachment.requester());
      if (!named && !wanted.isEmpty()) {
        continue;
      }
      RequesterId requester = attachment.requester();
      switch (attachment) {
        case Translated t when !writable.test(t.table()) ->
            unsupported.add(requester, Fact.FIRST_STAGE_NOT_WRITTEN, new OfTable(t.table()));
        case Translated t when t.permissions() != Permissions.READ_WRITE ->
            unsupported.add(t.permissions(), requester, new Attached(t), Fact.ENTRY_LACKS_RIGHT);
        case Translated t ->
            tables.computeIfAbsent(t.table(), _ -> new ArrayList<>()).add(requester);
        case PassThrough p when p.permissions() != Permissions.READ_WRITE ->
            unsupported.add(p.permissions(), requester, new Attached(p), Fact.ENTRY_LACKS_RIGHT);
        case PassThrough _ -> notes.add(new Note(new Requesters(requester), Fact.REACHES_AS_IT_IS));
        case Blocked b when named -> noTables.add(b.reason(), requester, new Attached(b));
        case Blocked b -> notes.add(new Note(new Requesters(requester), new Attached(b)));
        case Unsupported u -> unsupported.add(u.reason(), requester, new Attached(u));
      }
    }
    for (Attachment attachment : attachments) {
      if (attachment instanceof Translated t
          && tables.containsKey(t.table())
          && !tables.get(t.table()).contains(t.requester())) {
        notes.add(
            new Note(new Requesters(t.requester()), new OfTable(t.table()), Fact.SHARES_TABLE));
      }
    }
    for (RequesterId requester : missing) {
      noTables.add(requester, Fact.NO_ENTRY);
    }
    List<Refusal> refusals = new ArrayList<>(unsupported.refusals(Kind.UNSUPPORTED));
    refusals.addAll(noTables.refusals(Kind.NO_DEVICE));
    return new Selection(tables, notes, refusals);
  }
}
