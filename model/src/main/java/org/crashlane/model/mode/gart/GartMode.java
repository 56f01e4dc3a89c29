// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.gart;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.iommu.gart.Aperture;
import org.crashlane.iommu.gart.Gpte;
import org.crashlane.iommu.gart.ScratchPage;
import org.crashlane.iommu.gart.UnitConfig;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.WritableMemory;
import org.crashlane.model.hardware.Remapper;
import org.crashlane.model.kernel.Cpu;
import org.crashlane.model.kernel.DirectMapping;
import org.crashlane.model.kernel.DmaMapping;
import org.crashlane.model.kernel.NoFrameException;
import org.crashlane.model.kernel.NoFrameException.Room;
import org.crashlane.model.kernel.PageFrames;
import org.crashlane.model.mode.Mode;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec.Gart;
import org.crashlane.rehearsal.Strategy;

/**
 * AMD's GART. Only addresses in the aperture are translated, so the crash range, which lies outside
 * it, needs no set-up.
 */
public final class GartMode implements Mode {

  @Override
  public List<AddressRange> withheld(MachineSpec machine) {
    Gart spec = machine.spec(Gart.class);
    return List.of(new Aperture(spec.apertureBase(), spec.apertureOrder()).range());
  }

  @Override
  public Remapper hardware(MachineSpec machine) {
    return GartHardware.reset(machine);
  }

  /**
   * {@inheritDoc}
   *
   * <p>As Linux does it: the table is cleared and the apertures switched on, then all entries but
   * the emergency pages' lead to a scratch page of zeros. Memory under the aperture is nobody's
   * from then on.
   */
  @Override
  public DmaMapping boot(Cpu cpu, MachineSpec machine, PageFrames frames) {
    Gart spec = machine.spec(Gart.class);
    Aperture aperture = new Aperture(spec.apertureBase(), spec.apertureOrder());
    long table = cleared(cpu, frames, aperture.tableBytes());
    long scratch = cleared(cpu, frames, PageFrames.PAGE_BYTES);
    Gatt gatt =
        new Gatt(aperture, table, Optional.of(new ScratchPage(scratch)), spec.northbridgeCount());
    gatt.enable(cpu, spec.translatesCpus());
    int first = GartMapping.EMERGENCY_PAGES;
    gatt.unmap(cpu, first, aperture.entryCount() - first);
    gatt.flush(cpu);
    return GartMapping.fresh(gatt, new DirectMapping(machine.era()), spec.fullFlush());
  }

  /**
   * {@inheritDoc} A capture kernel whose memory ends below 4 GiB, as nearly all do, starts no GART
   * of its own (it asks for {@code max_pfn}).
   */
  @Override
  public DmaMapping capture(Strategy strategy, Cpu cpu, MachineSpec machine, PageFrames frames) {
    return switch (strategy) {
      case NONE, RESERVE, IDENTITY, RESET -> new DirectMapping(machine.era());
      case ADOPT -> adopt(cpu, machine);
      case OFF -> off(cpu, machine);
      case ABORT -> abort(cpu, machine, frames);
    };
  }

  /**
   * No Linux does this for GART. It is what 2.6.27 does for Calgary: the registers say where the
   * old table is, every entry in use stays taken, and new mappings go between them. Entries that
   * lead to the old kernel's scratch page are free; which page that is has to be guessed.
   */
  private static DmaMapping adopt(Cpu cpu, MachineSpec machine) {
    Gart spec = machine.spec(Gart.class);
    UnitConfig old = config(cpu);
    DirectMapping direct = new DirectMapping(machine.era());
    if (!old.translatesDevices()) {
      return direct;
    }
    Optional<ScratchPage> scratch = ScratchPage.likely(cpu.memory(), old.flat());
    List<AddressRange> inUse = new ArrayList<>();
    WalkVisitor mapped = new MappedIovas(inUse);
    old.flat()
        .walk(
            cpu.memory(),
            WalkLimits.DEFAULT,
            scratch.map(page -> page.leftOut(mapped)).orElse(mapped));
    Gatt gatt = new Gatt(oldAperture(old), old.table(), scratch, spec.northbridgeCount());
    return GartMapping.goingOn(gatt, direct, spec.fullFlush(), inUse);
  }

  /** As Linux does since 2010, on its way to an aperture of its own. */
  private static DmaMapping off(Cpu cpu, MachineSpec machine) {
    Gatt.disable(cpu, machine.spec(Gart.class).northbridgeCount());
    return new DirectMapping(machine.era());
  }

  /**
   * What goes untranslated cannot be blocked. What goes through the aperture is led to a scratch
   * page in the crash range that is set aside for it: nothing is overwritten by that, but leftovers
   * are in the crash range all the same. An entry that is not valid would do for a device, but a
   * CPU that reads there would take a machine check.
   */
  private static DmaMapping abort(Cpu cpu, MachineSpec machine, PageFrames frames) {
    UnitConfig old = config(cpu);
    if (old.translatesDevices()) {
      long scratch = cleared(cpu, frames, PageFrames.PAGE_BYTES);
      Gatt gatt =
          new Gatt(
              oldAperture(old),
              old.table(),
              Optional.of(new ScratchPage(scratch)),
              machine.spec(Gart.class).northbridgeCount());
      gatt.unmap(cpu, 0, oldAperture(old).entryCount());
      gatt.flush(cpu);
    }
    return new DirectMapping(machine.era());
  }

  /** {@return how the primary left the first northbridge; all of them are set alike} */
  private static UnitConfig config(Cpu cpu) {
    return UnitConfig.of(NorthbridgeAddress.registers(cpu.config(), 0), true);
  }

  private static Aperture oldAperture(UnitConfig old) {
    return old.aperture()
        .orElseThrow(() -> new IllegalArgumentException("an aperture of a reserved size: " + old));
  }

  private static long cleared(Cpu cpu, PageFrames frames, long sizeBytes) {
    OptionalLong taken = frames.take(sizeBytes, sizeBytes, Gpte.HIGHEST_ADDRESS);
    long address = taken.orElseThrow(() -> new NoFrameException(Room.GART_TABLE, sizeBytes));
    clear(cpu.memory(), address, sizeBytes);
    return address;
  }

  private static void clear(WritableMemory memory, long address, long sizeBytes) {
    long[] zeros = new long[PageFrames.PAGE_BYTES / Long.BYTES];
    for (long done = 0; done < sizeBytes; done += PageFrames.PAGE_BYTES) {
      memory.writeLongs(address + done, zeros, zeros.length);
    }
  }

  /** Where something is mapped. */
  private record MappedIovas(List<AddressRange> found) implements WalkVisitor {
    @Override
    public void mapping(
        long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
      found.add(new AddressRange(iovaFirst, iovaLast));
    }

    @Override
    public void malformed(Malformation malformation) {
      // An entry with reserved bits is told as a mapping too.
    }
  }
}
