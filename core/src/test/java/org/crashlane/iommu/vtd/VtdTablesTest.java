// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Word;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Known;
import org.crashlane.iommu.Malformation.Kind;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.UnitState;
import org.crashlane.iommu.UnitState.Translation;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;

/** Device tables in legacy mode: who goes where, and what is wrong with that. */
class VtdTablesTest {
  private static final RequesterId OTHER = RequesterId.parse("00:05.3");

  private final VtdFixture machine = new VtdFixture();

  private VtdTables tables() {
    return tables(machine.memory, machine.config);
  }

  private static VtdTables tables(PhysicalMemory memory, UnitConfig config) {
    return VtdTables.open(
        memory, VtdFixture.registers(config), new HostFacts(config.hostAddressWidth()));
  }

  private void change(long address, long bits) {
    machine.memory.writeLong(address, machine.memory.readLong(address) ^ bits);
  }

  @Test
  void entriesAreAttachmentsWithTheirDomains() {
    machine.attach(OTHER, ContextEntry.TT_PASS_THROUGH, 0);
    assertEquals(
        List.of(
            new Attachment.Translated(
                VtdFixture.DEVICE,
                new TableId(VtdFixture.TOP, SecondLevelEntry.geometry(4)),
                1 + 0x20),
            new Attachment.PassThrough(OTHER, 1 + 0x2b)),
        tables().devices().attachments());
    assertEquals(
        List.of(
            AddressRange.ofSize(VtdFixture.ROOT, 0x1000),
            AddressRange.ofSize(VtdFixture.CONTEXT, 0x1000)),
        tables().devices().pages());
  }

  @Test
  void aBusWhoseContextTableIsNotThereIsUnknownAndNoOtherIs() {
    change(VtdFixture.ROOT + 5 * 16, RootEntry.low(VtdFixture.MEMORY_BYTES));
    assertEquals(
        IntStream.range(0, 256).mapToObj(devfn -> RequesterId.of(5, devfn)).toList(),
        tables().devices().attachments().stream()
            .filter(a -> a instanceof Attachment.Unsupported)
            .map(Attachment::requester)
            .toList());
  }

  @Test
  void devicesThatPassByTheUnitPassWhateverEntriesTheyHave() {
    RequesterId none = RequesterId.parse("00:01.0");
    VtdTables tables =
        VtdTables.open(
            machine.memory,
            VtdFixture.registers(machine.config),
            new HostFacts(
                HostFacts.ADDRESS_WIDTH_MAX, 0, Known.UNKNOWN, Set.of(VtdFixture.DEVICE, none)));
    List<Attachment> passing =
        Stream.of(VtdFixture.DEVICE, none)
            .sorted()
            .<Attachment>map(requester -> new Attachment.PassThrough(requester, 0))
            .toList();
    assertEquals(passing, tables.devices().attachments());
    assertEquals(passing.getFirst(), tables.defaultAttachment(passing.getFirst().requester()));
    assertInstanceOf(Attachment.Blocked.class, tables.defaultAttachment(OTHER));
  }

  @Test
  void stateIsThatOfTheRegisters() {
    UnitState state = tables().state();
    assertEquals(Translation.TRANSLATES, state.translation());
    assertEquals(Known.NO, state.cachesAbsent());
    assertFalse(state.interruptsRemapped());
    assertEquals(VtdFixture.ROOT, state.rootAddress());
    assertTrue(state.description().getFirst().toString().contains("SAGAW=0x6"), state.toString());
  }

  @Test
  void protectedMemoryIsToldWhereItIsEnabled() {
    long cap = Registers.Cap.PHMR.with(Registers.Cap.PLMR.with(VtdFixture.WIDE.cap(), 1), 1);
    Capabilities protecting = new Capabilities(cap, VtdFixture.WIDE.ecap());
    UnitConfig config = UnitConfig.translating(protecting, 46, VtdFixture.ROOT);
    RegisterFile usual = VtdFixture.registers(config);
    RegisterFile enabled =
        new RegisterFile() {
          @Override
          public long read32(int offset) {
            return switch (offset) {
              case 0x64 -> 0x8000_0001L;
              case 0x68 -> 0x20_0000L;
              case 0x6c -> 0x7f00_0000L;
              default -> usual.read32(offset);
            };
          }

          @Override
          public long read64(int offset) {
            return switch (offset) {
              case 0x70 -> 0x1_0000_0000L;
              case 0x78 -> 0x4_7fe0_0000L;
              default -> usual.read64(offset);
            };
          }
        };
    List<Word> usualLines =
        VtdTables.open(machine.memory, usual, HostFacts.UNKNOWN).state().description();
    List<Word> lines =
        VtdTables.open(machine.memory, enabled, HostFacts.UNKNOWN).state().description();
    assertEquals(usualLines, lines.subList(0, usualLines.size()));
    assertEquals(
        List.of(
            "PMEN 0x80000001: EPM=0x1 PRS=0x1",
            "PLMBASE 0x200000: address=0x2",
            "PLMLIMIT 0x7f000000: address=0x7f0",
            "PHMBASE 0x100000000: address=0x1000",
            "PHMLIMIT 0x47fe00000: address=0x47fe"),
        lines.stream().skip(usualLines.size()).map(Word::toString).toList());
  }

  @Test
  void cachingModeIsTold() {
    long cap = Registers.Cap.CM.with(VtdFixture.WIDE.cap(), 1);
    UnitConfig config =
        UnitConfig.translating(new Capabilities(cap, VtdFixture.WIDE.ecap()), 46, VtdFixture.ROOT);
    assertEquals(Known.YES, tables(machine.memory, config).state().cachesAbsent());
  }

  @Test
  void entryThatTheUnitCannotGoByBlocks() {
    machine.attach(VtdFixture.DEVICE, ContextEntry.TT_DEVICE_TLB, VtdFixture.TOP);
    Attachment attachment = tables().devices().attachments().getFirst();
    Reason reason = assertInstanceOf(Attachment.Blocked.class, attachment).reason();
    Reason.Words words = assertInstanceOf(Reason.Words.class, reason.details().getFirst());
    assertEquals(ContextEntry.TT_DEVICE_TLB, ContextEntry.TT.get(words.words().getLast().value()));
  }

  @Test
  void reservedBitsOfAContextEntryBlockAndAreTold() {
    long at = ContextEntry.address(VtdFixture.CONTEXT, VtdFixture.DEVICE.devfn());
    change(at, 1L << 5);
    assertInstanceOf(Attachment.Blocked.class, tables().devices().attachments().getFirst());
    assertEquals(Kind.RESERVED, tables().devices().malformations().getFirst().kind());
    assertEquals(at, tables().devices().malformations().getFirst().entryAddress());
  }

  @Test
  void reservedBitsOfARootEntryLeaveItsBusWithoutEntries() {
    change(VtdFixture.ROOT + 8, 1);
    assertEquals(List.of(), tables().devices().attachments());
    assertEquals(VtdFixture.ROOT + 8, tables().devices().malformations().getFirst().entryAddress());
  }

  @Test
  void contextTableThatCannotBeReadMakesItsBusUnknownAndNotAbsent() {
    PhysicalMemory holed = VtdFixture.without(VtdFixture.CONTEXT, machine.memory);
    VtdTables tables = tables(holed, machine.config);
    assertEquals(256, tables.devices().attachments().size());
    assertTrue(
        tables.devices().attachments().stream().allMatch(a -> a instanceof Attachment.Unsupported));
    assertEquals(Kind.UNREADABLE, tables.devices().malformations().getFirst().kind());
    assertEquals(VtdFixture.ROOT, tables.devices().malformations().getFirst().entryAddress());
  }

  @Test
  void rootTableThatCannotBeReadMakesAllUnknown() {
    PhysicalMemory holed = VtdFixture.without(VtdFixture.ROOT, machine.memory);
    VtdTables tables = tables(holed, machine.config);
    assertEquals(65536, tables.devices().attachments().size());
    assertEquals(List.of(), tables.devices().pages());
  }

  @Test
  void unitThatWasNeverSetUpHasNoTables() {
    UnitConfig idle = new UnitConfig(VtdFixture.WIDE, 46, false, VtdFixture.ROOT, false);
    assertEquals(List.of(), tables(machine.memory, idle).devices().attachments());
  }
}
