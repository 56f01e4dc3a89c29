// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.toy;

import java.util.List;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.paging.Faults;
import org.crashlane.iommu.paging.PagedMachine;
import org.crashlane.iommu.paging.Paging;
import org.crashlane.iommu.paging.RequestWalk;
import org.crashlane.iommu.paging.TableEditor;
import org.crashlane.iommu.paging.TableWalker;
import org.crashlane.iommu.paging.WalkSink;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/** A machine of 16 GiB with one device behind a unit of the toy vendor's. */
final class ToyMachine extends PagedMachine {
  static final long TOP = 0x40_0000;
  static final int ADDRESS_BITS = 52;

  private static final ToyFormat FORMAT = new ToyFormat();

  static final Paging PAGING =
      new Paging(
          FORMAT,
          FORMAT,
          Long.SIZE,
          new AddressRange(0, BitField.lowMask(ADDRESS_BITS)),
          List.of());

  ToyMachine() {
    super(RequesterId.parse("00:04.0"), new TableId(TOP, ToyFormat.GEOMETRY, TableId.Stage.FIRST));
  }

  @Override
  protected Parts parts() {
    RequestWalk walk = new RequestWalk(PAGING, true);
    return new Parts(
        List.of(),
        request -> walk.translate(memory, request, table(), Faults.RECORDED, WalkSink.NONE),
        new TableEditor(PAGING),
        limits -> new TableWalker(memory, PAGING, limits));
  }
}
