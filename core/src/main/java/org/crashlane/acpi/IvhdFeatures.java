// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.crashlane.bits.BitField.bit;
import static org.crashlane.bits.BitField.bits;

import java.util.List;
import java.util.OptionalInt;
import org.crashlane.bits.BitField;

/**
 * What an IOMMU can do, as its IVHD block says: 32 bits of feature reporting in type 0x10, an image
 * of the Extended Feature Register in the others. Bits are named as AMD's specification 48882 and
 * its open firmware ({@code IOMMU_MMIO_EFR}) name them.
 */
final class IvhdFeatures {
  /** Feature reporting of type 0x10, the fields of one bit. */
  private static final BitField[] REPORTED = {
    bit("XTSup", 0),
    bit("NXSup", 1),
    bit("GTSup", 2),
    bit("IASup", 5),
    bit("GASup", 6),
    bit("HESup", 7)
  };

  private static final BitField REPORTED_HATS = bits("HATS", 31, 30);

  private static final BitField EXTENDED_COUNTERS = bit("PCSup", 9);

  /** The Extended Feature Register, the fields of one bit. */
  private static final BitField[] EXTENDED = {
    bit("PreFSup", 0),
    bit("PPRSup", 1),
    bit("XTSup", 2),
    bit("NXSup", 3),
    bit("GTSup", 4),
    bit("GAPPISup", 5),
    bit("IASup", 6),
    bit("GASup", 7),
    bit("HESup", 8),
    EXTENDED_COUNTERS,
    bit("USSup", 37),
    bit("PprOvrflwEarlySup", 40),
    bit("PPRAutoRspSup", 41),
    bit("BlkStopMrkSup", 44),
    bit("PerfOptSup", 45),
    bit("MsiCapMmioSup", 46),
    bit("GIoSup", 48),
    bit("HASup", 49),
    bit("EPHSup", 50),
    bit("AttrFWSup", 51),
    bit("HDSup", 52),
    bit("InvIotlbTypeSup", 54),
    bit("vIommuSup", 55),
    bit("GAUpdateDisSup", 61),
    bit("ForcePhyDestSup", 62),
    bit("SNPSup", 63)
  };

  private static final BitField EXTENDED_HATS = bits("HATS", 11, 10);

  /** HATS: 0 means four levels, 2 for six; 3 is reserved. */
  private static final int FEWEST_LEVELS = 4;

  private static final int MOST_LEVELS = 6;

  /** Performance counters and their banks, in type 0x10; there are some if neither is 0. */
  private static final BitField REPORTED_COUNTERS = bits("PNCounters", 16, 13);

  private static final BitField REPORTED_BANKS = bits("PNBanks", 22, 17);

  private IvhdFeatures() {}

  static boolean reportedCounters(long features) {
    return REPORTED_COUNTERS.isSet(features) && REPORTED_BANKS.isSet(features);
  }

  static boolean extendedCounters(long register) {
    return EXTENDED_COUNTERS.isSet(register);
  }

  static List<String> reportedNames(long features) {
    return FlagNames.of(features, REPORTED);
  }

  static List<String> extendedNames(long register) {
    return FlagNames.of(register, EXTENDED);
  }

  static OptionalInt reportedLevelsMax(long features) {
    return levelsMax(features, REPORTED_HATS);
  }

  static OptionalInt extendedLevelsMax(long register) {
    return levelsMax(register, EXTENDED_HATS);
  }

  /** A word of zeros is that of firmware that reports nothing, not of a unit of four levels. */
  private static OptionalInt levelsMax(long word, BitField hats) {
    int levels = (int) hats.get(word) + FEWEST_LEVELS;
    return word == 0 || levels > MOST_LEVELS ? OptionalInt.empty() : OptionalInt.of(levels);
  }
}
