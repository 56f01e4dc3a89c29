// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import static org.crashlane.report.JsonReport.array;
import static org.crashlane.report.JsonReport.names;

import java.math.BigInteger;
import org.crashlane.acpi.IvhdEntry;
import org.crashlane.acpi.IvhdEntry.AcpiHid;
import org.crashlane.acpi.IvhdEntry.AliasRangeStart;
import org.crashlane.acpi.IvhdEntry.AliasSelect;
import org.crashlane.acpi.IvhdEntry.All;
import org.crashlane.acpi.IvhdEntry.ExtendedRangeStart;
import org.crashlane.acpi.IvhdEntry.ExtendedSelect;
import org.crashlane.acpi.IvhdEntry.Pad;
import org.crashlane.acpi.IvhdEntry.RangeEnd;
import org.crashlane.acpi.IvhdEntry.RangeStart;
import org.crashlane.acpi.IvhdEntry.Select;
import org.crashlane.acpi.IvhdEntry.Special;
import org.crashlane.acpi.IvhdEntry.WithSettings;
import org.crashlane.acpi.Ivrs;
import org.crashlane.acpi.IvrsBlock;
import org.crashlane.acpi.IvrsBlock.Ivhd;
import org.crashlane.acpi.IvrsBlock.Ivmd;
import org.crashlane.bits.Hex;
import org.crashlane.pci.RequesterId;
import tools.jackson.databind.node.ObjectNode;

/** The part of an IVRS table in {@link AcpiJson} that no other table has. */
final class IvrsJson {
  private IvrsJson() {}

  static void addTo(ObjectNode node, Ivrs ivrs) {
    node.put("info", Hex.of(ivrs.info()));
    node.set("flagNames", names(ivrs.flagNames()));
    node.put("physicalAddressBits", ivrs.physicalAddressBits());
    node.put("virtualAddressBits", ivrs.virtualAddressBits());
    ivrs.guestVirtualAddressBits()
        .ifPresentOrElse(
            bits -> node.put("guestVirtualAddressBits", bits),
            () -> node.putNull("guestVirtualAddressBits"));
    node.set("blocks", array(ivrs.blocks(), IvrsJson::of));
  }

  private static ObjectNode of(IvrsBlock block) {
    ObjectNode node =
        AcpiJson.structure(block.at(), block.type(), block.name())
            .put("flags", Hex.of(block.flags()));
    node.set("flagNames", names(block.flagNames()));
    switch (block) {
      case Ivhd ivhd -> addFields(node, ivhd);
      case Ivmd ivmd ->
          node.put("segment", ivmd.segment())
              .put("device", ivmd.device().toString())
              .put("lastDevice", ivmd.lastDevice().toString())
              .put("start", Hex.of(ivmd.start()))
              .put("memoryBytes", new BigInteger(Long.toUnsignedString(ivmd.lengthBytes())));
      case IvrsBlock.Unknown unknown -> node.put("content", unknown.content());
    }
    return node;
  }

  private static void addFields(ObjectNode node, Ivhd ivhd) {
    node.put("segment", ivhd.segment())
        .put("device", ivhd.device().toString())
        .put("capabilityOffset", Hex.of(ivhd.capabilityOffset()))
        .put("registerBase", Hex.of(ivhd.registerBase()))
        .put("msiNumber", ivhd.msiNumber())
        .put("unitId", ivhd.unitId())
        .put("features", Hex.of(ivhd.features()));
    ivhd.extended()
        .ifPresentOrElse(
            efr ->
                node.put("extendedFeatures", Hex.of(efr.register()))
                    .put("extendedFeatures2", Hex.of(efr.second())),
            () -> node.putNull("extendedFeatures").putNull("extendedFeatures2"));
    node.set("featureNames", names(ivhd.featureNames()));
    ivhd.pageTableLevelsMax()
        .ifPresentOrElse(
            levels -> node.put("pageTableLevelsMax", levels),
            () -> node.putNull("pageTableLevelsMax"));
    node.set("entries", array(ivhd.entries(), IvrsJson::of));
  }

  private static ObjectNode of(IvhdEntry entry) {
    ObjectNode node = AcpiJson.structure(entry.at(), entry.type(), entry.name());
    switch (entry) {
      case Pad _, All _ -> {}
      case Select one -> putDevice(node, one.device());
      case RangeStart start -> putDevice(node, start.device());
      case RangeEnd end -> putDevice(node, end.device());
      case AliasSelect one -> putDevice(node, one.device()).put("alias", one.alias().toString());
      case AliasRangeStart start ->
          putDevice(node, start.device()).put("alias", start.alias().toString());
      case ExtendedSelect one ->
          putDevice(node, one.device()).put("extended", Hex.of(one.extended()));
      case ExtendedRangeStart start ->
          putDevice(node, start.device()).put("extended", Hex.of(start.extended()));
      case Special special ->
          putDevice(node, special.device())
              .put("kind", special.kind().name())
              .put("variety", special.variety())
              .put("handle", special.handle());
      case AcpiHid acpi ->
          putDevice(node, acpi.device())
              .put("hardwareId", acpi.hardwareId())
              .put("compatibleId", acpi.compatibleId())
              .put("uniqueId", acpi.uniqueId());
      case IvhdEntry.Unknown unknown -> node.put("content", unknown.content());
    }
    if (entry instanceof WithSettings settings) {
      node.put("settings", Hex.of(settings.settings()));
      node.set("settingNames", names(settings.settingNames()));
    }
    return node;
  }

  private static ObjectNode putDevice(ObjectNode node, RequesterId device) {
    return node.put("device", device.toString());
  }
}
