// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.crashlane.acpi.FieldTable.reserved;
import static org.crashlane.acpi.FieldTable.u16;
import static org.crashlane.acpi.FieldTable.u32;
import static org.crashlane.acpi.FieldTable.u64;
import static org.crashlane.acpi.FieldTable.u8;
import static org.crashlane.bits.BitField.bit;
import static org.crashlane.bits.BitField.bits;

import java.util.Map;
import org.crashlane.bits.BitField;

/** Nodes of the I/O Remapping Table, named as Arm's DEN0049 (issue E.e) names them. */
final class IortLayout {
  static final String SIGNATURE = "IORT";

  /** Bytes in front of the first node that can be: the header, node count and offset. */
  static final int PREFIX_BYTES = 48;

  /** Type and length, which a node begins with. */
  static final int HEAD_BYTES = 3;

  /** Bytes of a node in front of what is particular to its type. */
  static final int NODE_HEADER_BYTES = 16;

  static final int ITS_GROUP = 0;
  static final int NAMED_COMPONENT = 1;
  static final int RESERVED_MEMORY_RANGE = 6;

  /** Names of the fields that lead to the parts of a node. */
  static final String MAPPING_COUNT = "mappingCount";

  static final String MAPPING_OFFSET = "mappingOffset";
  static final String ITS_COUNT = "itsCount";
  static final String RANGE_COUNT = "rangeCount";
  static final String RANGE_OFFSET = "rangeOffset";

  private static final BitField[] MEMORY_FLAGS = {
    bit("CCA", 0), bits("AllocationHints", 35, 32), bit("CPM", 56), bit("DACS", 57)
  };

  /** What every node has behind its length. */
  static final FieldTable NODE =
      FieldTable.of(
          "node", u8("revision"), u32("identifier"), u32(MAPPING_COUNT), u32(MAPPING_OFFSET));

  static final FieldTable ITS = FieldTable.of("ITS", u32("itsId"));

  static final FieldTable MAPPING =
      FieldTable.of(
          "mapping",
          u32("inputBase"),
          u32("idCountMinusOne"),
          u32("outputBase"),
          u32("outputReference"),
          u32("flags", bit("SingleMapping", 0)));

  static final FieldTable RANGE =
      FieldTable.of("memory", u64("base"), u64("lengthBytes"), reserved(4));

  static final Map<Integer, FieldTable> NODES =
      Map.of(
          ITS_GROUP,
          FieldTable.of("ITS group", u32(ITS_COUNT)),
          NAMED_COMPONENT,
          FieldTable.of(
              "named component",
              u32("flags", bit("StallSupported", 0), bits("PasidBits", 5, 1)),
              u64("memoryProperties", MEMORY_FLAGS),
              u8("addressBits")),
          2,
          FieldTable.of(
                  "root complex",
                  u64("memoryProperties", MEMORY_FLAGS),
                  u32("atsAttribute", bit("ATS", 0), bit("PRI", 1), bit("PasidForwarding", 2)),
                  u32("segment"),
                  u8("addressBits"),
                  u16("pasidCapabilities"),
                  reserved(1),
                  u32("flags", bit("PasidSupported", 0)))
              .requiring(3),
          3,
          FieldTable.of(
              "SMMUv1/v2",
              u64("base"),
              u64("spanBytes"),
              u32("model"),
              u32("flags", bit("DVM", 0), bit("CoherentWalk", 1)),
              u32("globalInterruptOffset"),
              u32("contextInterruptCount"),
              u32("contextInterruptOffset"),
              u32("pmuInterruptCount"),
              u32("pmuInterruptOffset")),
          4,
          FieldTable.of(
                  "SMMUv3",
                  u64("base"),
                  u32(
                      "flags",
                      bit("CohaccOverride", 0),
                      bits("HttuOverride", 2, 1),
                      bit("ProximityValid", 3),
                      bit("DeviceIdMappingValid", 4)),
                  reserved(4),
                  u64("vatos"),
                  u32("model"),
                  u32("eventGsiv"),
                  u32("priGsiv"),
                  u32("gerrGsiv"),
                  u32("syncGsiv"),
                  u32("proximityDomain"),
                  u32("deviceIdMappingIndex"))
              .requiring(9),
          5,
          FieldTable.of(
                  "PMCG",
                  u64("page0Base"),
                  u32("overflowGsiv"),
                  u32("nodeReference"),
                  u64("page1Base"))
              .requiring(3),
          RESERVED_MEMORY_RANGE,
          FieldTable.of(
              "reserved memory range",
              u32("flags", bit("RemappingPermitted", 0), bit("Privileged", 1)),
              u32(RANGE_COUNT),
              u32(RANGE_OFFSET)));

  private IortLayout() {}
}
