// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.crashlane.arming.Refusal.Kind;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Attachment.Blocked;
import org.crashlane.iommu.Attachment.PassThrough;
import org.crashlane.iommu.Attachment.Translated;
import org.crashlane.iommu.Attachment.Unsupported;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.pci.RequesterId;

/**
 * Which address spaces are to be armed, and who goes through each: devices share them.
 *
 * @param tables by root address
 * @param notes devices that are left alone, and why
 * @param refusals why nothing may be armed; empty if all that is translated may
 */
record Selection(
    Map<TableId, List<RequesterId>> tables, List<String> notes, List<Refusal> refusals) {

  /**
   * @param attachments what the device tables say
   * @param wanted only these devices; all if empty
   */
  static Selection of(List<Attachment> attachments, Set<RequesterId> wanted) {
    Map<TableId, List<RequesterId>> tables =
        new TreeMap<>((a, b) -> Long.compareUnsigned(a.root(), b.root()));
    List<String> notes = new ArrayList<>();
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
        case Translated t when t.table().stage() == TableId.Stage.FIRST ->
            unsupported.add(
                requester,
                "scalable mode without a second level, table "
                    + t.table()
                    + ": first-level tables are read, not written");
        case Translated t when t.permissions() != Permissions.READ_WRITE ->
            unsupported.add(requester, onlySome(t.permissions()));
        case Translated t ->
            tables.computeIfAbsent(t.table(), _ -> new ArrayList<>()).add(requester);
        case PassThrough p when p.permissions() != Permissions.READ_WRITE ->
            unsupported.add(requester, onlySome(p.permissions()));
        case PassThrough _ ->
            notes.add(requester + " passes untranslated: it reaches the crash range as it is");
        case Blocked b when named -> noTables.add(requester, b.reason());
        case Blocked b -> notes.add(requester + " is blocked: " + b.reason());
        case Unsupported u -> unsupported.add(requester, u.reason());
      }
    }
    for (Attachment attachment : attachments) {
      if (attachment instanceof Translated t
          && tables.containsKey(t.table())
          && !tables.get(t.table()).contains(t.requester())) {
        notes.add(
            t.requester() + " shares table " + t.table() + ": it too will reach the crash range");
      }
    }
    for (RequesterId requester : missing) {
      noTables.add(requester, "no entry in the IOMMU's device tables (is a driver bound?)");
    }
    List<Refusal> refusals = new ArrayList<>(unsupported.refusals(Kind.UNSUPPORTED));
    refusals.addAll(noTables.refusals(Kind.NO_DEVICE));
    return new Selection(tables, notes, refusals);
  }

  private static String onlySome(Permissions permissions) {
    return "its own entry lets pass " + permissions + " only, whatever is mapped";
  }
}
