// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Word;
import org.crashlane.interrupt.DeliveryMode;
import org.crashlane.interrupt.InterruptFate;
import org.crashlane.interrupt.InterruptFate.Blocked;
import org.crashlane.interrupt.InterruptFate.Delivered;
import org.crashlane.interrupt.InterruptMessage;
import org.crashlane.interrupt.InterruptPreparation;
import org.crashlane.interrupt.InterruptRemapping;
import org.crashlane.interrupt.InterruptRemapping.Posted;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;
import org.crashlane.pci.RequesterId;

/**
 * What an AMD-Vi unit does with interrupts. Each device has its own say in its device table entry;
 * where that is to remap, the low bits of the message's data choose an entry of the device's table:
 * a message that was written for vector 0x31 meets entry 0x31, whatever is there (AMD 48882,
 * "Interrupt Remapping"; checks as in VirtualBox DevIommuAmd.cpp and QEMU 9 amd_iommu.c).
 */
public final class InterruptTables implements InterruptRemapping {
  private static final int REQUESTER_COUNT = 1 << Character.SIZE;

  private final PhysicalMemory memory;
  private final InterruptSettings settings;
  private final Function<RequesterId, OptionalLong> deviceEntries;

  /**
   * @param settings what the control register says
   * @param deviceEntries physical address of the device table entry of a requester; nothing where
   *     the device table ends before it
   */
  InterruptTables(
      PhysicalMemory memory,
      InterruptSettings settings,
      Function<RequesterId, OptionalLong> deviceEntries) {
    this.memory = memory;
    this.settings = settings;
    this.deviceEntries = deviceEntries;
  }

  /** {@return the interrupt side of the unit with {@code registers}, set up as {@code config}} */
  static InterruptTables open(PhysicalMemory memory, UnitConfig config, RegisterFile registers) {
    long mask = config.encryptionMask();
    return new InterruptTables(
        memory,
        InterruptSettings.of(registers.read(Registers.CONTROL), mask),
        requester -> config.deviceTable().entryAddress(requester, mask));
  }

  @Override
  public boolean enabled() {
    return settings.enabled();
  }

  @Override
  public boolean extendedDestinations() {
    return settings.format() == InterruptFormat.WIDE_X2APIC;
  }

  @Override
  public List<Word> description() {
    return List.of(settings.control());
  }

  /** {@return true if the entry of any device has a say, or cannot be read} */
  @Override
  public boolean dependsOnSource() {
    return enabled()
        && IntStream.range(0, REQUESTER_COUNT)
            .mapToObj(id -> deviceEntries.apply(new RequesterId(id)))
            .flatMapToLong(OptionalLong::stream)
            .anyMatch(this::mayHold);
  }

  private boolean mayHold(long deviceEntry) {
    try {
      return !InterruptControl.passesFixed(
          memory.readLong(deviceEntry + InterruptControl.OFFSET_BYTES));
    } catch (UnreadableMemoryException e) {
      return true;
    }
  }

  @Override
  public List<AddressRange> tablePages() {
    InterruptTablePages pages = new InterruptTablePages(memory, settings);
    for (int id = 0; enabled() && id < REQUESTER_COUNT; id++) {
      deviceEntries.apply(new RequesterId(id)).ifPresent(pages::ofDevice);
    }
    return pages.all();
  }

  /** Many devices may share a table: each is read once. */
  @Override
  public List<Posted> posted() {
    if (!enabled() || settings.format() == InterruptFormat.SMALL) {
      return List.of();
    }
    Map<Long, Integer> entryCounts = new TreeMap<>();
    for (int id = 0; id < REQUESTER_COUNT; id++) {
      OptionalLong at = deviceEntries.apply(new RequesterId(id));
      try {
        long word =
            at.isPresent() ? memory.readLong(at.getAsLong() + InterruptControl.OFFSET_BYTES) : 0;
        if (InterruptControl.remaps(word)) {
          entryCounts.merge(settings.table(word), InterruptControl.entryCount(word), Math::max);
        }
      } catch (UnreadableMemoryException _) {
        // reported as a malformation of the device table
      }
    }
    List<Posted> found = new ArrayList<>();
    entryCounts.forEach((table, count) -> posted(table, count, found));
    return found;
  }

  private void posted(long table, int entryCount, List<Posted> found) {
    long[] words = new long[entryCount * WideInterruptEntry.BYTES / Long.BYTES];
    try {
      memory.readLongs(table, words, words.length);
    } catch (UnreadableMemoryException _) {
      return;
    }
    for (int i = 0; i < words.length; i += WideInterruptEntry.BYTES / Long.BYTES) {
      if (InterruptEntry.REMAP_EN.isSet(words[i]) && InterruptEntry.GUEST_MODE.isSet(words[i])) {
        long page = WideInterruptEntry.GA_ROOT.inPlace(words[i + 1]) & ~settings.encryptionMask();
        found.add(
            new Posted(
                Reason.of(Named.VIRTUAL_APIC, new Reason.At(table + (long) i * Long.BYTES)),
                AddressRange.ofSize(page, PageArena.PAGE_BYTES)));
      }
    }
  }

  @Override
  public InterruptFate fate(RequesterId source, InterruptMessage message) {
    if (!enabled()) {
      return new Delivered(message.target(), settings.notRemapped());
    }
    OptionalLong entry = deviceEntries.apply(source);
    if (entry.isEmpty()) {
      return blocked(
          InterruptEvent.BEYOND_DEVICE_TABLE,
          Reason.of(Named.DEVICE, new Reason.Bits(source.value())));
    }
    long at = entry.getAsLong() + InterruptControl.OFFSET_BYTES;
    return InterruptFate.read(() -> controlled(memory.readLong(at), at, message));
  }

  private InterruptFate controlled(long word, long at, InterruptMessage message) {
    Reason evidence = InterruptControl.evidence(word, at);
    if (!InterruptControl.IV.isSet(word)) {
      return new Delivered(message.target(), evidence);
    }
    if (InterruptControl.RSVD_53_52.isSet(word)) {
      return blocked(InterruptEvent.DEVICE_ENTRY_RESERVED, evidence);
    }
    DeliveryMode mode = message.target().mode();
    if (!mode.bringsVector()) {
      return InterruptControl.passes(word, mode)
          ? new Delivered(message.target(), evidence)
          : blocked(InterruptEvent.NOT_LET_PASS, evidence);
    }
    return switch ((int) InterruptControl.INT_CTL.get(word)) {
      case InterruptControl.INT_CTL_ABORT -> blocked(InterruptEvent.ABORTED, evidence);
      case InterruptControl.INT_CTL_FORWARD -> new Delivered(message.target(), evidence);
      case InterruptControl.INT_CTL_REMAP -> remapped(word, message, evidence);
      default -> blocked(InterruptEvent.DEVICE_ENTRY_RESERVED, evidence);
    };
  }

  private InterruptFate remapped(long word, InterruptMessage message, Reason evidence) {
    int index = (int) InterruptControl.INDEX.get(message.data());
    if (InterruptControl.entryCount(word) == 0) {
      return blocked(InterruptEvent.TABLE_LENGTH, evidence);
    }
    if (index >= InterruptControl.entryCount(word)) {
      return blocked(
          InterruptEvent.BEYOND_TABLE,
          evidence.with(new Reason.Index(index, InterruptControl.entryCount(word))));
    }
    return settings.format().fate(address(word, index), memory::readLong);
  }

  private long address(long word, int index) {
    return settings.table(word) + (long) index * settings.format().bytes();
  }

  private static InterruptFate blocked(InterruptEvent event, Reason evidence) {
    return new Blocked(event.code(), event, evidence);
  }

  /** {@return the word that controls the interrupts of {@code source}, if they go by a table} */
  private OptionalLong remapping(RequesterId source) {
    OptionalLong entry = enabled() ? deviceEntries.apply(source) : OptionalLong.empty();
    if (entry.isEmpty()) {
      return entry;
    }
    long word = memory.readLong(entry.getAsLong() + InterruptControl.OFFSET_BYTES);
    return InterruptControl.remaps(word) ? OptionalLong.of(word) : OptionalLong.empty();
  }

  @Override
  public InterruptPreparation prepare(RequesterId source) {
    InterruptPlanner planner = new InterruptPlanner(source, settings.format(), memory);
    OptionalLong word;
    try {
      word = remapping(source);
    } catch (UnreadableMemoryException e) {
      return InterruptPreparation.impossible(source, unreadable(e));
    }
    InterruptRemapping.deviceVectors().forEach(vector -> prepare(source, vector, word, planner));
    return planner.result();
  }

  private void prepare(
      RequesterId source, int vector, OptionalLong word, InterruptPlanner planner) {
    if (word.isPresent() && vector < InterruptControl.entryCount(word.getAsLong())) {
      planner.plan(vector, address(word.getAsLong(), vector));
      return;
    }
    InterruptFate fate = fate(source, InterruptMessage.fixed(0, vector));
    if (fate.brings(vector)) {
      planner.ready();
    } else {
      planner.refuse(vector, reason(fate));
    }
  }

  private static Reason reason(InterruptFate fate) {
    return fate instanceof Blocked blocked ? Reason.of(blocked.why()) : fate.evidence();
  }

  private static Reason unreadable(UnreadableMemoryException e) {
    return Reason.of(Named.ENTRY_UNREADABLE, new Reason.Because(e.absence()));
  }
}
