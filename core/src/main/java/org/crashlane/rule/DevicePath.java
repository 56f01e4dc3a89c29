// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.List;
import org.crashlane.iommu.Attachment.Translated;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;

/**
 * How a device's requests go: devices that go the same path are judged as one.
 *
 * @param table through which tables
 * @param permissions what is left of the rights that these give
 * @param bypassed the IOVAs that pass as they are, whatever these have for them
 */
record DevicePath(TableId table, Permissions permissions, List<AddressRange> bypassed) {

  DevicePath {
    bypassed = List.copyOf(bypassed);
  }

  static DevicePath of(Translated attachment, TranslationTables tables) {
    return new DevicePath(
        attachment.table(), attachment.permissions(), tables.bypassRanges(attachment.requester()));
  }

  /** Tells {@code visitor} what the tables map, as it is seen by those who go this path. */
  void walk(TranslationTables tables, WalkVisitor visitor) {
    boolean isPlain = bypassed.isEmpty() && permissions == Permissions.READ_WRITE;
    tables.walk(table, isPlain ? visitor : new EffectiveMappings(this, visitor));
  }

  /** {@return true if all of {@code range} passes as it is} */
  static boolean passes(AddressRange range, List<AddressRange> bypassed) {
    return bypassed.stream().anyMatch(u -> u.contains(range));
  }
}
