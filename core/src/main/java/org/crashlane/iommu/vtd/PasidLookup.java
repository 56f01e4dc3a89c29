// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import org.crashlane.bits.BitField;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.vtd.PageTableFormat.Privilege;
import org.crashlane.iommu.vtd.Registers.Ecap;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/** From a scalable-mode context entry to the PASID table entry for requests without a PASID. */
final class PasidLookup {
  private static final int FIRST_LEVELS_MAX = 5;

  /** The words of a PASID table entry that hold fields; those behind are ignored. */
  private static final int WORDS_READ = 3;

  private final UnitConfig config;

  PasidLookup(UnitConfig config) {
    this.config = config;
  }

  /** {@return the PASID that represents requests without one; 0 where the unit has no choice} */
  long ridPasid(long contextWord1) {
    return Ecap.RPS.isSet(config.capabilities().ecap())
        ? ScalableContextEntry.RID_PASID.get(contextWord1)
        : 0;
  }

  /** {@return where a present context entry without reserved bits leads} */
  PasidRoute route(PhysicalMemory memory, long word0, long word1) {
    boolean suppressed = ScalableContextEntry.FPD.isSet(word0);
    long pasid = ridPasid(word1);
    int index = PasidDirectoryEntry.index(pasid);
    if (index >= ScalableContextEntry.directoryCount(word0)) {
      return new PasidRoute.Broken(FaultReason.RID_PASID, suppressed);
    }
    long entry;
    try {
      entry =
          memory.readLong(
              ScalableContextEntry.directory(word0) + (long) index * PasidDirectoryEntry.BYTES);
    } catch (UnreadableMemoryException e) {
      return new PasidRoute.Unreadable(e, FaultReason.DIRECTORY_ACCESS, suppressed);
    }
    suppressed |= PasidDirectoryEntry.FPD.isSet(entry);
    if (!PasidDirectoryEntry.P.isSet(entry)) {
      return new PasidRoute.Broken(FaultReason.DIRECTORY_NOT_PRESENT, suppressed);
    }
    if ((entry & PasidDirectoryEntry.reserved(config.hostAddressWidth())) != 0) {
      return new PasidRoute.Broken(FaultReason.DIRECTORY_RESERVED, suppressed);
    }
    long at = PasidTableEntry.address(PasidDirectoryEntry.SMPTBLPTR.inPlace(entry), pasid);
    return throughPasidTable(memory, at, word1, suppressed);
  }

  private PasidRoute throughPasidTable(
      PhysicalMemory memory, long at, long contextWord1, boolean suppressedBefore) {
    long[] words = new long[WORDS_READ];
    try {
      memory.readLongs(at, words, WORDS_READ);
    } catch (UnreadableMemoryException e) {
      return new PasidRoute.Unreadable(e, FaultReason.PASID_ACCESS, suppressedBefore);
    }
    boolean suppressed = suppressedBefore || PasidTableEntry.FPD.isSet(words[0]);
    if (!PasidTableEntry.P.isSet(words[0])) {
      return new PasidRoute.Broken(FaultReason.PASID_NOT_PRESENT, suppressed);
    }
    if (PasidTableEntry.RSVD_11_10.isSet(words[0])
        || PasidTableEntry.RSVD_22_16.isSet(words[1])
        || PasidTableEntry.RSVD_11_8.isSet(words[2])) {
      return new PasidRoute.Broken(FaultReason.PASID_RESERVED, suppressed);
    }
    return byType(at, words, contextWord1, suppressed);
  }

  private PasidRoute byType(long at, long[] words, long contextWord1, boolean suppressed) {
    long ecap = config.capabilities().ecap();
    PasidRoute invalid = new PasidRoute.Broken(FaultReason.PASID_INVALID, suppressed);
    return switch ((int) PasidTableEntry.PGTT.get(words[0])) {
      case PasidTableEntry.PGTT_FIRST_LEVEL ->
          Ecap.FLTS.isSet(ecap) ? firstLevel(words, contextWord1, suppressed) : invalid;
      case PasidTableEntry.PGTT_SECOND_LEVEL ->
          Ecap.SLTS.isSet(ecap) ? secondLevel(words, suppressed) : invalid;
      case PasidTableEntry.PGTT_NESTED ->
          Ecap.NEST.isSet(ecap) ? new PasidRoute.Nested(at) : invalid;
      case PasidTableEntry.PGTT_PASS_THROUGH ->
          // AW counts here too: the manual wants the unit's largest, QEMU one that the unit has.
          Ecap.PT.isSet(ecap) && supportsLevels(words)
              ? new PasidRoute.PassThrough(domainId(words))
              : invalid;
      default -> invalid;
    };
  }

  private PasidRoute secondLevel(long[] words, boolean suppressed) {
    long top = PasidTableEntry.SLPTPTR.inPlace(words[0]);
    int levels = PasidTableEntry.secondLevels(words[0]);
    if (isBeyondHost(top)) {
      return new PasidRoute.Broken(FaultReason.PASID_RESERVED, suppressed);
    }
    return supportsLevels(words)
        ? new PasidRoute.SecondLevel(
            new TableId(top, SecondLevelEntry.geometry(levels)), domainId(words), suppressed)
        : new PasidRoute.Broken(FaultReason.PASID_INVALID, suppressed);
  }

  private PasidRoute firstLevel(long[] words, long contextWord1, boolean suppressed) {
    long word2 = words[2];
    long top = PasidTableEntry.FLPTPTR.inPlace(word2);
    int levels = PasidTableEntry.firstLevels(word2);
    boolean privileged =
        ScalableContextEntry.RID_PRIV.isSet(contextWord1)
            && Ecap.RPRIVS.isSet(config.capabilities().ecap());
    if (isBeyondHost(top)) {
      return new PasidRoute.Broken(FaultReason.PASID_RESERVED, suppressed);
    }
    if (levels > FIRST_LEVELS_MAX
        || (levels == FIRST_LEVELS_MAX
            && !Registers.Cap.FL5LP.isSet(config.capabilities().cap()))) {
      return new PasidRoute.Broken(FaultReason.PASID_INVALID, suppressed);
    }
    if (privileged && !PasidTableEntry.SRE.isSet(word2)) {
      return new PasidRoute.Broken(FaultReason.SRE_CLEAR, suppressed);
    }
    Privilege supervisor =
        PasidTableEntry.WPE.isSet(word2) ? Privilege.SUPERVISOR : Privilege.UNLIMITED;
    return new PasidRoute.FirstLevel(
        new TableId(top, SecondLevelEntry.geometry(levels), TableId.Stage.FIRST),
        domainId(words),
        privileged ? supervisor : Privilege.USER,
        suppressed);
  }

  private boolean supportsLevels(long[] words) {
    return config.capabilities().supportsLevels(PasidTableEntry.secondLevels(words[0]));
  }

  private boolean isBeyondHost(long pointer) {
    return (pointer & ~BitField.lowMask(config.hostAddressWidth())) != 0;
  }

  private static int domainId(long[] words) {
    return (int) PasidTableEntry.DID.get(words[1]);
  }
}
