// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Word;
import org.crashlane.interrupt.InterruptFate;
import org.crashlane.interrupt.InterruptMessage;
import org.crashlane.interrupt.InterruptPreparation;
import org.crashlane.interrupt.InterruptRemapping;
import org.crashlane.interrupt.InterruptRemapping.Posted;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.vtd.Registers.Gsts;
import org.crashlane.iommu.vtd.Registers.Irta;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;
import org.crashlane.pci.RequesterId;

/**
 * What a VT-d unit does with interrupts. While it remaps them, messages in compatibility format
 * never reach its table: GSTS.CFIS and IRTA.EIME alone decide whether they pass (VT-d
 * specification, "Interrupt Requests in Compatibility Format").
 */
public final class InterruptTables implements InterruptRemapping {
  private static final int PAGE_BYTES = PageArena.PAGE_BYTES;

  /** Size of a posted interrupt descriptor ("Posted Interrupt Descriptor"). */
  private static final int DESCRIPTOR_BYTES = 64;

  private final PhysicalMemory memory;
  private final long gsts;
  private final long irta;

  private InterruptTables(PhysicalMemory memory, long gsts, long irta) {
    this.memory = memory;
    this.gsts = gsts;
    this.irta = irta;
  }

  /**
   * {@return the interrupt side of the unit with {@code registers}} The table address is read of a
   * unit that remaps only: others need not have the register.
   */
  public static InterruptTables open(PhysicalMemory memory, RegisterFile registers) {
    long gsts = registers.read(Registers.GSTS);
    long irta = Gsts.IRES.isSet(gsts) ? registers.read(Registers.IRTA) : 0;
    return new InterruptTables(memory, gsts, irta);
  }

  @Override
  public boolean enabled() {
    return Gsts.IRES.isSet(gsts);
  }

  @Override
  public List<Word> description() {
    return List.of(Registers.GSTS.layout().word(gsts), Registers.IRTA.layout().word(irta));
  }

  /** {@return how many entries the table has, 2 to 65,536} */
  public int entryCount() {
    return 2 << (int) Irta.S.get(irta);
  }

  @Override
  public List<AddressRange> tablePages() {
    if (!enabled()) {
      return List.of();
    }
    int pageCount = Math.ceilDiv(entryCount() * InterruptEntry.BYTES, PAGE_BYTES);
    return IntStream.range(0, pageCount)
        .mapToObj(n -> AddressRange.ofSize(table() + (long) n * PAGE_BYTES, PAGE_BYTES))
        .toList();
  }

  @Override
  public List<Posted> posted() {
    List<Posted> found = new ArrayList<>();
    long[] page = new long[PAGE_BYTES / Long.BYTES];
    for (AddressRange range : tablePages()) {
      try {
        memory.readLongs(range.first(), page, page.length);
      } catch (UnreadableMemoryException _) {
        continue;
      }
      // A small table ends within its page.
      int wordCount = Math.min(page.length, entryCount() * InterruptEntry.BYTES / Long.BYTES);
      for (int i = 0; i < wordCount; i += InterruptEntry.BYTES / Long.BYTES) {
        if (InterruptEntry.isPresent(page[i]) && InterruptEntry.isPosted(page[i])) {
          found.add(
              new Posted(
                  Reason.of(Named.POSTED, new Reason.At(range.first() + (long) i * Long.BYTES)),
                  AddressRange.clipped(
                      InterruptEntry.descriptor(page[i], page[i + 1]), DESCRIPTOR_BYTES)));
        }
      }
    }
    return found;
  }

  private long table() {
    return Irta.IRTA.inPlace(irta);
  }

  @Override
  public boolean extendedDestinations() {
    return Irta.EIME.isSet(irta);
  }

  @Override
  public InterruptFate fate(RequesterId source, InterruptMessage message) {
    if (!enabled()) {
      return new InterruptFate.Delivered(
          message.target(), Reason.of(Named.NOT_REMAPPED, deciding()));
    }
    return RemappableMessage.isRemappable(message)
        ? remapped(source, message)
        : compatible(message);
  }

  /** {@return false: registers alone decide of messages in compatibility format} */
  @Override
  public boolean dependsOnSource() {
    return false;
  }

  private boolean passesCompatible() {
    return !enabled() || (Gsts.CFIS.isSet(gsts) && !extendedDestinations());
  }

  private Reason.Detail deciding() {
    Word status = Registers.GSTS.layout().word(gsts);
    Reason.Field ires = new Reason.Field(status, Gsts.IRES);
    return new Reason.Fields(
        enabled()
            ? List.of(
                ires,
                new Reason.Field(status, Gsts.CFIS),
                new Reason.Field(Registers.IRTA.layout().word(irta), Irta.EIME))
            : List.of(ires));
  }

  private InterruptFate compatible(InterruptMessage message) {
    Reason evidence = Reason.of(Named.COMPATIBILITY, deciding());
    return passesCompatible()
        ? new InterruptFate.Delivered(message.target(), evidence)
        : blocked(FaultReason.INTERRUPT_COMPATIBILITY, evidence);
  }

  private InterruptFate remapped(RequesterId source, InterruptMessage message) {
    OptionalInt index = RemappableMessage.index(message);
    if (index.isEmpty()) {
      return blocked(
          FaultReason.INTERRUPT_REQUEST_RESERVED,
          Reason.of(
              Named.MESSAGE, new Reason.At(message.address()), new Reason.Bits(message.data())));
    }
    if (index.getAsInt() >= entryCount()) {
      return blocked(
          FaultReason.INTERRUPT_INDEX,
          Reason.of(Named.MESSAGE, new Reason.Index(index.getAsInt(), entryCount())));
    }
    return InterruptFate.read(() -> chosen(source, address(index.getAsInt())));
  }

  private InterruptFate chosen(RequesterId source, long address) {
    long[] entry = new long[InterruptEntry.BYTES / Long.BYTES];
    memory.readLongs(address, entry, entry.length);
    return decided(source, address, entry[0], entry[1]);
  }

  private InterruptFate decided(RequesterId source, long address, long low, long high) {
    Reason evidence =
        Reason.of(Named.IRTE, new Reason.At(address), InterruptEntry.words(low, high));
    Optional<FaultReason> fault = InterruptEntry.fault(low, high, source, extendedDestinations());
    if (fault.isPresent()) {
      return blocked(fault.get(), evidence);
    }
    if (InterruptEntry.isPosted(low)) {
      int vector = (int) InterruptEntry.V.get(low);
      return new InterruptFate.Posted(vector, InterruptEntry.descriptor(low, high), evidence);
    }
    return new InterruptFate.Redirected(
        InterruptEntry.target(low, extendedDestinations()), evidence);
  }

  private static InterruptFate blocked(FaultReason reason, Reason evidence) {
    return new InterruptFate.Blocked(reason.code(), reason, evidence);
  }

  private long address(int index) {
    return InterruptEntry.address(table(), index);
  }

  @Override
  public InterruptPreparation prepare(RequesterId source) {
    return passesCompatible()
        ? InterruptPreparation.needless(source)
        : InterruptPreparation.impossible(source, Reason.of(Named.NEVER_IN_TABLE));
  }

  @Override
  public boolean mayLetCompatibilityPass() {
    return !extendedDestinations();
  }
}
