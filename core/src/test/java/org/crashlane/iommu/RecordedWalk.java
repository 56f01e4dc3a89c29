// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.memory.AddressRange;

/** A visitor that keeps all it is told. */
public final class RecordedWalk implements WalkVisitor {
  private final List<Mapping> mappings = new ArrayList<>();
  private final List<Malformation> malformations = new ArrayList<>();
  private final List<Long> tablePages = new ArrayList<>();

  /** Makes one that was told nothing yet. */
  public RecordedWalk() {}

  @Override
  public void mapping(long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
    mappings.add(new Mapping(new AddressRange(iovaFirst, iovaLast), physicalFirst, permissions));
  }

  @Override
  public void malformed(Malformation malformation) {
    malformations.add(malformation);
  }

  @Override
  public void tablePage(long address, long sizeBytes, int level) {
    tablePages.add(address);
  }

  /** {@return what is mapped, in the order told} */
  public List<Mapping> mappings() {
    return mappings;
  }

  /** {@return what is wrong, in the order told} */
  public List<Malformation> malformations() {
    return malformations;
  }

  /** {@return how often each kind of malformation was told} */
  public long count(Malformation.Kind kind) {
    return malformations.stream().filter(m -> m.kind() == kind).count();
  }

  /** {@return the table pages read, in the order told} */
  public List<Long> tablePages() {
    return tablePages;
  }

  /** {@return the mapping that serves {@code iova}} */
  public Optional<Mapping> at(long iova) {
    return mappings.stream().filter(m -> m.iova().contains(iova)).findFirst();
  }
}
