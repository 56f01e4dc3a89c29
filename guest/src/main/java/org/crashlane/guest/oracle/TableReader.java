// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.Optional;
import org.crashlane.bits.Reason;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.BlockReason;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Request;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.PhysicalMemory;

/**
 * What the tables map, as verdicts read it, in the words of a unit: so that the reader is held
 * against a machine as the unit is. It has no fault reasons, and nothing that it blocks is said to
 * be recorded; of what it cannot read, or what manuals leave open, nothing is known.
 */
final class TableReader implements Iommu {
  /** Makes them, for a machine of either vendor. */
  static final UnitFactory FACTORY = (machine, memory, root) -> of(machine, memory, root);

  private final TranslationTables tables;

  private TableReader(TranslationTables tables) {
    this.tables = tables;
  }

  private static TableReader of(ProbeMachine machine, PhysicalMemory memory, long root) {
    return new TableReader(
        switch (machine.registers()) {
          case UnitRegisters.Vtd _ -> VtdUnits.tables(machine, memory, root);
          case UnitRegisters.Amdvi _ -> AmdviUnits.tables(machine, memory, root);
        });
  }

  @Override
  public Outcome translate(Request request) {
    long iova = request.iova();
    if (tables.unmappable().stream().anyMatch(u -> u.range().contains(iova))) {
      return blocked(request);
    }
    Attachment attachment =
        tables.devices().attachments().stream()
            .filter(a -> a.requester().equals(request.requester()))
            .findFirst()
            .orElseGet(() -> tables.defaultAttachment(request.requester()));
    return switch (attachment) {
      case Attachment.Blocked _ -> blocked(request);
      case Attachment.Unsupported(var _, Reason reason) -> new Outcome.Unknown(0, reason);
      case Attachment.PassThrough passing ->
          passing.permissions().allows(request.access())
              ? new Outcome.Reached(iova)
              : blocked(request);
      case Attachment.Translated translated -> translated(request, translated);
    };
  }

  private Outcome translated(Request request, Attachment.Translated translated) {
    Finder finder = new Finder(request.iova());
    finder.walk(translated.table());
    boolean allowed =
        finder.permissions.allows(request.access())
            && translated.permissions().allows(request.access());
    if (allowed) {
      return new Outcome.Reached(finder.physical);
    }
    return finder.permissions == Permissions.NONE
        ? finder
            .unknown
            .<Outcome>map(m -> new Outcome.Unknown(m.entryAddress(), m.reason()))
            .orElseGet(() -> blocked(request))
        : blocked(request);
  }

  private static Outcome blocked(Request request) {
    return new Outcome.Blocked(new Fault(request, new BlockReason.Unknown(0), false));
  }

  /** Listens to a walk for one address. */
  private final class Finder implements WalkVisitor {
    private final long iova;
    private Permissions permissions = Permissions.NONE;
    private long physical;
    private Optional<Malformation> unknown = Optional.empty();

    Finder(long iova) {
      this.iova = iova;
    }

    void walk(TableId table) {
      tables.walk(table, this);
    }

    @Override
    public void mapping(long iovaFirst, long iovaLast, long physicalFirst, Permissions given) {
      if (Long.compareUnsigned(iovaFirst, iova) <= 0 && Long.compareUnsigned(iova, iovaLast) <= 0) {
        permissions = given;
        physical = physicalFirst + (iova - iovaFirst);
      }
    }

    @Override
    public void malformed(Malformation malformation) {
      boolean here =
          Long.compareUnsigned(malformation.iova(), iova) <= 0
              && Long.compareUnsigned(iova, malformation.iovaLast()) <= 0;
      if (here && malformation.isUnread()) {
        unknown = Optional.of(malformation);
      }
    }
  }
}
