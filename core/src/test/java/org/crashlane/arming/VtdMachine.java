// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.PageArena;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.RegisterValues;
import org.crashlane.iommu.TableId;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.Window;
import org.crashlane.iommu.vendors.Vendor;
import org.crashlane.iommu.vtd.ContextEntry;
import org.crashlane.iommu.vtd.PasidTableEntry;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.iommu.vtd.RootEntry;
import org.crashlane.iommu.vtd.ScalableContextEntry;
import org.crashlane.iommu.vtd.ScalableRootEntry;
import org.crashlane.iommu.vtd.SecondLevelEntry;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Store;
import org.crashlane.memory.WritableMemory;
import org.crashlane.pci.RequesterId;

/**
 * A small machine with a translating VT-d unit: 32 MiB of memory, a disk and its second function
 * that share tables of 3 levels, a network card with its own, and a device that passes
 * untranslated. Both tables map some pages near the top of 4 GiB, as Linux does.
 */
final class VtdMachine {
  static final long MEMORY_BYTES = 1L << 25;
  static final AddressRange CRASH = AddressRange.ofSize(0x1800000, 0x4000);
  static final List<Long> CRASH_PAGES = List.of(0x1800000L, 0x1801000L, 0x1802000L, 0x1803000L);
  static final AddressRange ARENA = AddressRange.ofSize(0x1000000, 0x10000);

  static final RequesterId DISK = RequesterId.of(0, 1, 0);
  static final RequesterId DISK_SECOND = RequesterId.of(0, 1, 1);
  static final RequesterId NETWORK = RequesterId.of(0, 2, 0);
  static final RequesterId PASSING = RequesterId.of(0, 3, 0);
  static final RequesterId ABSENT = RequesterId.of(0, 4, 0);

  static final long ROOT_TABLE = 0x1000;
  static final TableId DISK_TABLE = new TableId(0x3000, SecondLevelEntry.geometry(3));
  static final TableId NETWORK_TABLE = new TableId(0x6000, SecondLevelEntry.geometry(3));
  static final long LEFTOVER_IOVA = 0xffe00000L;

  private static final long CONTEXT_TABLE = 0x2000;
  private static final long LEFTOVER_PAGE = 0x100000;
  private static final int LEVELS = 3;
  private static final BitField LEVEL_THREE = BitField.bits("index at level 3", 38, 30);
  private static final BitField LEVEL_TWO = BitField.bits("index at level 2", 29, 21);
  private static final BitField LEVEL_ONE = BitField.bits("index at level 1", 20, 12);

  private final WritableMemory memory;
  private long rootTable = ROOT_TABLE;
  private long nextTable = 0x10000;
  private boolean translating = true;
  private boolean cachesAbsent;
  private boolean largeLeaves;

  private VtdMachine(WritableMemory memory) {
    this.memory = memory;
  }

  /** {@return the machine that was built in {@code memory} before} */
  static VtdMachine in(WritableMemory memory) {
    return new VtdMachine(memory);
  }

  /** {@return the machine, built in {@code memory}, which is all zeros} */
  static VtdMachine buildIn(WritableMemory memory) {
    VtdMachine machine = new VtdMachine(memory);
    memory.writeLong(ROOT_TABLE, RootEntry.low(CONTEXT_TABLE));
    machine.attach(DISK, DISK_TABLE, 1);
    machine.attach(DISK_SECOND, DISK_TABLE, 1);
    machine.attach(NETWORK, NETWORK_TABLE, 2);
    machine.context(
        PASSING, ContextEntry.low(ContextEntry.TT_PASS_THROUGH, 0), ContextEntry.high(LEVELS, 3));
    machine.map(DISK_TABLE, LEFTOVER_IOVA, LEFTOVER_PAGE, Permissions.READ_WRITE);
    machine.map(NETWORK_TABLE, LEFTOVER_IOVA, LEFTOVER_PAGE + 0x1000, Permissions.WRITE_ONLY);
    earlier().forEach(store -> memory.writeLong(store.address(), store.after()));
    return machine;
  }

  /** What an earlier arming has left in the arena. */
  static List<Store> earlier() {
    List<Store> stores = new ArrayList<>();
    stores.add(new Store(ARENA.first() + 0x18, 0, 0x1111_2222_3333_4445L));
    for (long at = ARENA.first() + 0x1fd8; at < ARENA.first() + 0x2008; at += Long.BYTES) {
      stores.add(new Store(at, 0, at));
    }
    return stores;
  }

  VtdMachine notTranslating() {
    translating = false;
    return this;
  }

  /** Moves the disk to scalable mode, behind first-level tables as a processor has them. */
  VtdMachine inScalableMode() {
    long root = 0x200000;
    long context = root + 0x1000;
    long directory = root + 0x2000;
    long pasidTable = root + 0x3000;
    memory.writeLong(root, ScalableRootEntry.pointingTo(context));
    memory.writeLong(
        context + (long) DISK.devfn() * ScalableContextEntry.BYTES,
        ScalableContextEntry.P.with(directory, 1));
    memory.writeLong(directory, ScalableContextEntry.P.with(pasidTable, 1));
    memory.writeLong(
        pasidTable,
        PasidTableEntry.P.of(1) | PasidTableEntry.PGTT.of(PasidTableEntry.PGTT_FIRST_LEVEL));
    memory.writeLong(pasidTable + 2 * Long.BYTES, root + 0x4000);
    rootTable = Registers.Rtaddr.TTM.with(root, Registers.Rtaddr.TTM_SCALABLE);
    return this;
  }

  VtdMachine cachingAbsent() {
    cachesAbsent = true;
    return this;
  }

  VtdMachine withLargeLeaves() {
    largeLeaves = true;
    return this;
  }

  private void attach(RequesterId requester, TableId table, int domainId) {
    context(
        requester,
        ContextEntry.low(ContextEntry.TT_UNTRANSLATED_ONLY, table.root()),
        ContextEntry.high(table.levels(), domainId));
  }

  void context(RequesterId requester, long low, long high) {
    long entry = CONTEXT_TABLE + (long) requester.devfn() * ContextEntry.BYTES;
    memory.writeLong(entry + Long.BYTES, high);
    memory.writeLong(entry, low);
  }

  /** Maps one page of 4 KiB, by new tables where there are none yet. */
  void map(TableId table, long iova, long page, Permissions permissions) {
    long middle = below(table.root() + Long.BYTES * LEVEL_THREE.get(iova));
    long lowest = below(middle + Long.BYTES * LEVEL_TWO.get(iova));
    memory.writeLong(
        lowest + Long.BYTES * LEVEL_ONE.get(iova), SecondLevelEntry.leaf(page, 1, permissions));
  }

  private long below(long entryAddress) {
    if (memory.readLong(entryAddress) == 0) {
      memory.writeLong(entryAddress, SecondLevelEntry.table(nextTable));
      nextTable += PageArena.PAGE_BYTES;
    }
    return SecondLevelEntry.ADDR.inPlace(memory.readLong(entryAddress));
  }

  WritableMemory memory() {
    return memory;
  }

  /** {@return the registers as they are now} */
  RegisterFile registers() {
    long cap =
        Registers.Cap.SAGAW.of(2)
            | Registers.Cap.MGAW.of(38)
            | Registers.Cap.SLLPS.of(largeLeaves ? 1 : 0)
            | Registers.Cap.CM.of(cachesAbsent ? 1 : 0);
    long ecap =
        Registers.Ecap.PT.of(1)
            | Registers.Ecap.C.of(1)
            | Registers.Ecap.SMTS.of(1)
            | Registers.Ecap.FLTS.of(1);
    long gsts = Registers.Gsts.TES.of(translating ? 1 : 0);
    return RegisterValues.of(
        Map.of(
            Registers.GSTS, gsts,
            Registers.CAP, cap,
            Registers.ECAP, ecap,
            Registers.RTADDR, rootTable));
  }

  TranslationTables tables() {
    return Vendor.VTD.open(memory, registers(), HostFacts.UNKNOWN);
  }

  static PlanRequest request(Target target, RequesterId... devices) {
    return new PlanRequest(
        target,
        Window.ofCrashRanges(List.of(CRASH)),
        Set.of(devices),
        Optional.of(ARENA),
        earlier());
  }

  PlanResult plan(PlanRequest request) {
    return Planner.plan(tables(), memory, request);
  }
}
