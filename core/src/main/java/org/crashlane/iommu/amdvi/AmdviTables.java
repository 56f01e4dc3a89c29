// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Word;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.DeviceTables;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Known;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.UnitBuffer;
import org.crashlane.iommu.UnitState;
import org.crashlane.iommu.UnitState.Translation;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.paging.PagedTables;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;
import org.crashlane.pci.RequesterId;

/**
 * The tables of one AMD IOMMU. What its exclusion range lets pass is reported with the registers,
 * and as {@link #bypassRanges} of each device that it is for.
 */
public final class AmdviTables extends PagedTables {
  private final PhysicalMemory memory;
  private final UnitConfig config;

  private AmdviTables(
      PhysicalMemory memory,
      UnitConfig config,
      UnitState state,
      InterruptTables interrupts,
      List<UnitBuffer> buffers,
      Set<RequesterId> passing) {
    super(state, memory, config.hostTables(), interrupts, buffers, passing);
    this.memory = memory;
    this.config = config;
  }

  /** {@return the tables of the unit with {@code registers}} */
  public static AmdviTables open(PhysicalMemory memory, RegisterFile registers, HostFacts host) {
    long encryptionMask = host.encryptionMask();
    UnitConfig config = UnitConfig.of(registers, host.addressWidth(), encryptionMask, false);
    InterruptTables interrupts = InterruptTables.open(memory, config, registers);
    return new AmdviTables(
        memory,
        config,
        state(memory, config, registers, host.cachesAbsent()),
        interrupts,
        UnitBuffers.of(memory, registers, encryptionMask),
        host.passing());
  }

  private static UnitState state(
      PhysicalMemory memory, UnitConfig config, RegisterFile registers, Known cachesAbsent) {
    return new UnitState(
        config.translationEnabled() ? Translation.TRANSLATES : Translation.PASSES,
        config.capabilities().isHeaderKnown()
            ? Known.of(config.capabilities().cachesAbsent())
            : cachesAbsent,
        config.translationEnabled() && remapsInterrupts(memory, config),
        config.deviceTable().address(0, config.encryptionMask()),
        description(config, registers));
  }

  private static List<Word> description(UnitConfig config, RegisterFile registers) {
    List<Word> lines = new ArrayList<>();
    lines.add(Registers.EXT_FEATURES.layout().word(config.capabilities().extFeatures()));
    lines.add(Registers.CONTROL.layout().word(registers.read(Registers.CONTROL)));
    lines.add(Registers.STATUS.layout().word(registers.read(Registers.STATUS)));
    config
        .deviceTable()
        .registers()
        .forEach(base -> lines.add(Registers.DEV_TAB_BASE.layout().word(base)));
    ExclusionRange exclusion = config.exclusion();
    if (exclusion.isEnabled()) {
      lines.add(Registers.EXCLUSION_BASE.layout().word(exclusion.base()));
      lines.add(Registers.EXCLUSION_LIMIT.layout().word(exclusion.limit()));
    }
    return lines;
  }

  /** Interrupts are remapped device by device: of one is enough. What cannot be read is not. */
  private static boolean remapsInterrupts(PhysicalMemory memory, UnitConfig config) {
    DeviceTableBase base = config.deviceTable();
    for (int segment = 0; segment < base.segmentCount(); segment++) {
      long at = base.address(segment, config.encryptionMask());
      for (int i = 0; i < base.entryCount(segment); i++, at += DeviceTableEntry.BYTES) {
        try {
          if (InterruptControl.remaps(memory.readLong(at + InterruptControl.OFFSET_BYTES))) {
            return true;
          }
        } catch (UnreadableMemoryException e) {
          break;
        }
      }
    }
    return false;
  }

  @Override
  protected DeviceTables deviceTables() {
    boolean neverSet = !config.translationEnabled() && state().rootAddress() == 0;
    return neverSet
        ? DeviceTables.none()
        : FlatDeviceTables.read(memory, config, WalkLimits.DEVICE_TABLES);
  }

  @Override
  public List<AddressRange> bypassRanges(RequesterId requester) {
    OptionalLong at = config.deviceTable().entryAddress(requester, config.encryptionMask());
    if (at.isEmpty() || !config.exclusion().isEnabled()) {
      return List.of();
    }
    try {
      long word0 = memory.readLong(at.getAsLong());
      return DeviceTableEntry.isValid(word0) && !DeviceTableEntry.hasReserved(word0, config)
          ? config.exclusion().of(memory.readLong(at.getAsLong() + Long.BYTES)).stream().toList()
          : List.of();
    } catch (UnreadableMemoryException e) {
      // Told as the device's attachment: nothing is known of it.
      return List.of();
    }
  }

  @Override
  protected Attachment withoutEntry(RequesterId requester) {
    OptionalLong at = config.deviceTable().entryAddress(requester, config.encryptionMask());
    if (at.isEmpty()) {
      return new Attachment.Blocked(requester, Reason.of(FaultReason.DEVICE_BEYOND_TABLE));
    }
    try {
      long word0 = memory.readLong(at.getAsLong());
      long word1 = memory.readLong(at.getAsLong() + Long.BYTES);
      return FlatDeviceTables.attachment(config, requester, word0, word1);
    } catch (UnreadableMemoryException e) {
      return new Attachment.Unsupported(requester, Reason.of(Named.ENTRY_UNREADABLE));
    }
  }
}
