// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import org.crashlane.iommu.vtd.ContextEntry;
import org.crashlane.iommu.vtd.PasidDirectoryEntry;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.crashlane.iommu.vtd.RootEntry;
import org.crashlane.iommu.vtd.ScalableContextEntry;
import org.crashlane.iommu.vtd.ScalableRootEntry;
import org.crashlane.pci.RequesterId;

/**
 * Words of the context entry that a case has for a requester, and of what it leads to for requests
 * without a PASID; 0 where it has none.
 */
final class ContextWord {
  private ContextWord() {}

  static long legacy(ProbeCase tables, RequesterId requester) {
    long root = word(tables, RootEntry.address(rootTable(tables), requester.bus()));
    long contextTable = RootEntry.contextTable(root);
    return word(tables, ContextEntry.address(contextTable, requester.devfn()));
  }

  static long scalable(ProbeCase tables, RequesterId requester) {
    long half = ScalableRootEntry.word(requester.devfn()) * (long) Long.BYTES;
    long root = word(tables, RootEntry.address(rootTable(tables), requester.bus()) + half);
    long contextTable = ScalableRootEntry.contextTable(root);
    return word(tables, ScalableContextEntry.address(contextTable, requester.devfn()));
  }

  /** {@return the directory entry of PASID 0} */
  static long directory(ProbeCase tables, RequesterId requester) {
    return word(tables, ScalableContextEntry.directory(scalable(tables, requester)));
  }

  /** {@return word {@code number} of the PASID table entry of PASID 0} */
  static long pasid(ProbeCase tables, RequesterId requester, int number) {
    long table = PasidDirectoryEntry.SMPTBLPTR.inPlace(directory(tables, requester));
    return word(tables, table + (long) number * Long.BYTES);
  }

  private static long rootTable(ProbeCase tables) {
    return Rtaddr.RTA.inPlace(tables.root());
  }

  private static long word(ProbeCase tables, long address) {
    return tables.words().stream()
        .filter(word -> word.address() == address)
        .mapToLong(TableWord::value)
        .findFirst()
        .orElse(0);
  }
}
