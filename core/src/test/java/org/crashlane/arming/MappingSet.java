// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;

/** All that one address space maps, and that nothing in it is malformed. */
final class MappingSet implements WalkVisitor {
  private final List<Mapping> mappings = new ArrayList<>();

  private MappingSet() {}

  static List<Mapping> of(TranslationTables tables, TableId table) {
    MappingSet set = new MappingSet();
    tables.walk(table, set);
    return set.mappings;
  }

  @Override
  public void mapping(long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
    AddressRange iova = new AddressRange(iovaFirst, iovaLast);
    mappings.add(new Mapping(iova, physicalFirst, permissions));
  }

  @Override
  public void malformed(Malformation malformation) {
    throw new AssertionError(malformation.toString());
  }
}
