// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

/** A visitor that passes on to another all but mappings, of which it makes something else. */
public abstract class ForwardingVisitor implements WalkVisitor {
  /** The other. */
  protected final WalkVisitor visitor;

  /** Passes on to {@code visitor}. */
  protected ForwardingVisitor(WalkVisitor visitor) {
    this.visitor = visitor;
  }

  @Override
  public final void malformed(Malformation malformation) {
    visitor.malformed(malformation);
  }

  @Override
  public final void tablePage(long address, long sizeBytes, int level) {
    visitor.tablePage(address, sizeBytes, level);
  }

  @Override
  public final boolean isEnough() {
    return visitor.isEnough();
  }
}
