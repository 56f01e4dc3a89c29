// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.amdvi.DeviceTableBase;
import org.crashlane.iommu.amdvi.DeviceTableEntry;
import org.crashlane.iommu.amdvi.FaultReason;
import org.crashlane.iommu.amdvi.PageTableEntry;
import org.crashlane.iommu.amdvi.UnitConfig;

/**
 * Where the AMD IOMMU of QEMU (hw/i386/amd_iommu.c) is known to do other than the unit, and why.
 * Mostly it does not look at something. Each explains as little as it can: what the quirk is about
 * must be in the tables, and what was seen must be what QEMU makes of them.
 */
public enum AmdviQuirk implements QemuQuirk {
  /**
   * amdvi_validate_dte looks at the words for interrupts too, and does so before anything looks at
   * V.
   */
  RESERVED_FIELDS_OF_WHOLE_ENTRY(
      "QEMU looks at reserved fields of the words for interrupts, and of entries without V") {
    @Override
    boolean explains(Outcome outcome, AmdviAsQemu qemu, Probe probe) {
      return outcome instanceof Outcome.Reached && qemu.entryReserved();
    }
  },

  /** amdvi_get_dte never looks at devtab_len. */
  DEVICE_TABLE_WITHOUT_END("QEMU does not look at the length of the device table") {
    @Override
    boolean explains(Outcome outcome, AmdviAsQemu qemu, Probe probe) {
      DeviceTableBase table = new DeviceTableBase(List.of(probe.tables().root()));
      return isBlockedFor(FaultReason.DEVICE_BEYOND_TABLE, outcome)
          && table.entryAddress(qemu.requester(), 0).isEmpty();
    }
  },

  /** amdvi_page_walk lets such requests pass untranslated, as far as IR and IW do. */
  UNTRANSLATED_WITHOUT_TV("QEMU lets requests pass untranslated where V is set and TV is not") {
    @Override
    boolean explains(Outcome outcome, AmdviAsQemu qemu, Probe probe) {
      return isBlockedFor(FaultReason.TRANSLATION_INVALID, outcome)
          && !DeviceTableEntry.TV.isSet(qemu.word0());
    }
  },

  /** amdvi_translate has no range that is special but that of interrupts. */
  HYPER_TRANSPORT_TRANSLATED("QEMU translates addresses in the HyperTransport special range") {
    @Override
    boolean explains(Outcome outcome, AmdviAsQemu qemu, Probe probe) {
      return isBlockedFor(FaultReason.SPECIAL_ADDRESS, outcome)
          && UnitConfig.HYPER_TRANSPORT.range().contains(probe.tables().iova());
    }
  },

  /** The walk takes an index of 9 bits at each level and leaves all above the first one out. */
  ADDRESS_BEYOND_MODE_WRAPS("QEMU leaves out address bits above those that the mode translates") {
    @Override
    boolean explains(Outcome outcome, AmdviAsQemu qemu, Probe probe) {
      return isBlockedFor(FaultReason.ADDRESS_BEYOND_MODE, outcome)
          && isBeyond(probe.tables().iova(), DeviceTableEntry.levels(qemu.word0()));
    }
  },

  /** So it does with the bits of levels that are skipped. */
  SKIPPED_BITS_LEFT_OUT("QEMU leaves out address bits of skipped levels") {
    @Override
    boolean explains(Outcome outcome, AmdviAsQemu qemu, Probe probe) {
      long iova = probe.tables().iova();
      return isBlockedFor(FaultReason.SKIPPED_BITS, outcome)
          && qemu.passes(step -> skips(step, iova));
    }
  },

  /** The walk goes on at whatever level an entry says. */
  NEXT_LEVEL_OF_ANY_KIND("QEMU goes on at a level that is not below") {
    @Override
    boolean explains(Outcome outcome, AmdviAsQemu qemu, Probe probe) {
      return isBlockedFor(FaultReason.NEXT_LEVEL, outcome)
          && qemu.passes(step -> !step.isLeaf() && step.next() >= step.level());
    }
  },

  /** pte_override_page_mask does not look at the level. */
  PAGE_OF_ANY_SIZE("QEMU takes a page of any size at any level") {
    @Override
    boolean explains(Outcome outcome, AmdviAsQemu qemu, Probe probe) {
      return isBlockedFor(FaultReason.PAGE_SIZE, outcome)
          && qemu.ends(step -> step.next() == PageTableEntry.NEXT_LEVEL_SIZED_PAGE);
    }
  },

  /** The walk masks what it needs out of an entry, and does not look at the rest. */
  RESERVED_BITS_OF_TABLES("QEMU does not look at reserved bits of page table entries") {
    @Override
    boolean explains(Outcome outcome, AmdviAsQemu qemu, Probe probe) {
      return isBlockedFor(FaultReason.PAGE_RESERVED, outcome)
          && qemu.passes(step -> MAYBE_RESERVED.get(step.entry()) != 0);
    }
  },

  /** The walk looks at PR before it reads the next entry, so never at that of the last one. */
  PRESENT_BIT_OF_PAGES("QEMU does not look at the present bit of an entry that maps a page") {
    @Override
    boolean explains(Outcome outcome, AmdviAsQemu qemu, Probe probe) {
      return isBlockedFor(FaultReason.NOT_PRESENT, outcome)
          && qemu.ends(step -> step.isLeaf() && !PageTableEntry.PR.isSet(step.entry()));
    }
  },

  /**
   * The walk reads one entry. Hardware may go by any of those that serve the page, so that the
   * reader of tables leaves open what becomes of it where they are not alike.
   */
  PAGE_OF_UNLIKE_ENTRIES("QEMU uses one of several unlike entries that serve a page") {
    @Override
    boolean explains(Outcome outcome, AmdviAsQemu qemu, Probe probe) {
      return outcome instanceof Outcome.Unknown
          && qemu.ends(step -> step.next() == PageTableEntry.NEXT_LEVEL_SIZED_PAGE);
    }
  };

  private static final BitField MAYBE_RESERVED = BitField.bits("reserved in tables", 60, 52);

  private final String reason;

  AmdviQuirk(String reason) {
    this.reason = reason;
  }

  @Override
  public String reason() {
    return reason;
  }

  /** All of them were met in both versions. */
  @Override
  public Seen seen() {
    return Seen.FROM_7_2_TO_10_0;
  }

  /** {@return the quirk by which QEMU did other than {@code outcome}, if one is known} */
  static Optional<QemuQuirk> explaining(
      Probe probe, Outcome outcome, ProbeMachine machine, Comparison comparison) {
    AmdviAsQemu qemu =
        AmdviAsQemu.of(comparison.memory(probe), machine.requester(), machine.version(), probe);
    boolean seen =
        qemu.reached().isPresent()
            ? comparison.agrees(probe, new Outcome.Reached(qemu.reached().getAsLong()))
            : Comparison.isBlocked(probe.observed());
    return seen
        ? Arrays.stream(values())
            .filter(quirk -> quirk.isOf(machine.version()))
            .filter(quirk -> quirk.explains(outcome, qemu, probe))
            .findFirst()
            .map(QemuQuirk.class::cast)
        : Optional.empty();
  }

  abstract boolean explains(Outcome outcome, AmdviAsQemu qemu, Probe probe);

  private static boolean isBlockedFor(FaultReason reason, Outcome outcome) {
    return outcome instanceof Outcome.Blocked(Fault fault) && fault.why() == reason;
  }

  private static boolean skips(AmdviAsQemu.Step step, long iova) {
    return !step.isLeaf()
        && step.next() < step.level()
        && isBeyond(PageTableEntry.LARGEST.offset(iova, step.level()), step.next());
  }

  /** {@return true if {@code address} has bits that a table at {@code level} does not translate} */
  private static boolean isBeyond(long address, int level) {
    return (address & ~BitField.lowMask(PageTableEntry.LARGEST.addressBits(level))) != 0;
  }
}
