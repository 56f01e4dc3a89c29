// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import java.util.ArrayList;
import java.util.List;

/** Gathers what is mapped otherwise than wanted, runs joined. */
public final class Conflicts {
  private final List<Mapping> found = new ArrayList<>();
  private final MappingRun run;

  /** Makes an empty gathering. */
  public Conflicts() {
    this.run = new MappingRun(new Gathering(found));
  }

  /** Adds a mapping behind all before it. */
  public void add(long iova, long sizeBytes, long physical, Permissions permissions) {
    run.add(iova, sizeBytes, physical, permissions);
  }

  /** {@return all that was added, in order of IOVA} */
  public List<Mapping> found() {
    run.end();
    return List.copyOf(found);
  }

  private record Gathering(List<Mapping> found) implements WalkVisitor {
    @Override
    public void mapping(
        long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
      found.add(Mapping.of(iovaFirst, iovaLast, physicalFirst, permissions));
    }

    @Override
    public void malformed(Malformation malformation) {
      throw new IllegalStateException("a run of mappings with " + malformation);
    }
  }
}
