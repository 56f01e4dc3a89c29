// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.List;
import java.util.SplittableRandom;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.vtd.Registers.Cap;
import org.crashlane.iommu.vtd.Registers.Ecap;
import org.crashlane.iommu.vtd.Registers.Rtaddr;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.SparseMemory;

/**
 * Device tables that make sense for the most part, with bits flipped here and there, on a unit with
 * capabilities at random. Root tables lead to all buses; one page that some entries point to is not
 * there.
 */
final class RandomDeviceTables {
  private static final int ENTRY_FLIPPED_ONE_IN = 8;
  private static final int COPIES = 4;
  private static final long ROOT = 0x100000;
  private static final long CONTEXTS = 0x200000;
  private static final long DIRECTORIES = 0x300000;
  private static final long PASID_TABLES = 0x400000;
  private static final long PAGING = 0x500000;
  private static final long HOLE = 0x15_5555_5000L;
  private static final int HOST_BITS = 46;

  final SparseMemory memory =
      new SparseMemory(
          "memory with a hole",
          List.of(
              new AddressRange(0, HOLE - 1),
              new AddressRange(
                  HOLE + SecondLevelEntry.LARGEST.pageBytes(), BitField.lowMask(HOST_BITS))));
  final UnitConfig config;
  private final SplittableRandom random;

  RandomDeviceTables(long seed) {
    random = new SplittableRandom(seed);
    int mode = List.of(0, 0, 0, 1, 1, 1, 1, 2, 3).get((int) (seed % 9));
    Capabilities capabilities = new Capabilities(cap(), ecap());
    int width = random.nextBoolean() ? HOST_BITS : HOST_BITS - 4;
    config = new UnitConfig(capabilities, width, true, Rtaddr.TTM.with(ROOT, mode), false);
    boolean scalable = mode == Rtaddr.TTM_SCALABLE;
    for (int i = 0; i < RootEntry.COUNT * RootEntry.WORDS; i++) {
      boolean pointer = scalable || i % RootEntry.WORDS == 0;
      word(ROOT + i * 8L, pointer ? toTable(CONTEXTS) | present() : 0);
    }
    for (int page = 0; page < COPIES; page++) {
      for (int i = 0; i < SecondLevelEntry.LARGEST.entryCount(1); i++) {
        long at = page * (long) SecondLevelEntry.LARGEST.pageBytes() + i * 8L;
        word(CONTEXTS + at, scalable ? scalableContext(i % 4) : legacyContext(i % 2));
        word(DIRECTORIES + at, toTable(PASID_TABLES) | present());
        word(PASID_TABLES + at, pasid(i % 8));
        memory.writeLong(PAGING + at, paging());
      }
    }
  }

  private long cap() {
    long cap = Cap.SAGAW.of(random.nextInt(1, 32)) | Cap.MGAW.of(random.nextInt(38, 64));
    return cap | Cap.SLLPS.of(random.nextInt(4)) | flag(Cap.FL1GP) | flag(Cap.FL5LP);
  }

  private long ecap() {
    long ecap = 0;
    for (BitField field :
        List.of(
            Ecap.PT,
            Ecap.DT,
            Ecap.SC,
            Ecap.SMTS,
            Ecap.SLTS,
            Ecap.FLTS,
            Ecap.NEST,
            Ecap.RPS,
            Ecap.RPRIVS)) {
      ecap |= flag(field);
    }
    return ecap;
  }

  private long flag(BitField field) {
    return field.of(random.nextInt(4) == 0 ? 0 : 1);
  }

  private long present() {
    return random.nextInt(10) == 0 ? 0 : 1;
  }

  /** {@return a table of one kind, or now and then what is not there, or is all zeros} */
  private long toTable(long first) {
    return switch (random.nextInt(24)) {
      case 0 -> HOLE;
      case 1 -> (random.nextLong(1L << HOST_BITS) & -SecondLevelEntry.LARGEST.pageBytes());
      default -> first + random.nextInt(COPIES) * (long) SecondLevelEntry.LARGEST.pageBytes();
    };
  }

  private long toPaging() {
    return PAGING + random.nextInt(COPIES) * (long) SecondLevelEntry.LARGEST.pageBytes();
  }

  private long legacyContext(int word) {
    return word == 0
        ? toPaging() | ContextEntry.TT.of(random.nextInt(4)) | present()
        : ContextEntry.AW.of(random.nextInt(6)) | ContextEntry.DID.of(random.nextInt(1 << 16));
  }

  private long scalableContext(int word) {
    return switch (word) {
      case 0 -> toTable(DIRECTORIES) | ScalableContextEntry.PDTS.of(random.nextInt(8)) | present();
      case 1 ->
          ScalableContextEntry.RID_PASID.of(random.nextInt(1 << 12))
              | ScalableContextEntry.RID_PRIV.of(random.nextInt(2));
      default -> 0;
    };
  }

  private long pasid(int word) {
    return switch (word) {
      case 0 ->
          toPaging()
              | PasidTableEntry.AW.of(random.nextInt(6))
              | PasidTableEntry.PGTT.of(random.nextInt(6))
              | present();
      case 1 -> PasidTableEntry.DID.of(random.nextInt(1 << 16));
      case 2 ->
          toPaging()
              | PasidTableEntry.FLPM.of(random.nextInt(3))
              | PasidTableEntry.SRE.of(random.nextInt(2))
              | PasidTableEntry.WPE.of(random.nextInt(2));
      default -> random.nextLong();
    };
  }

  private long paging() {
    return switch (random.nextInt(4)) {
      case 0 -> 0;
      case 1 ->
          (random.nextLong(1L << HOST_BITS) & -SecondLevelEntry.LARGEST.pageBytes())
              | random.nextInt(1 << 8);
      default -> toPaging() | FirstLevelEntry.US.of(1) | SecondLevelEntry.table(0);
    };
  }

  private void word(long at, long value) {
    boolean flipped = random.nextInt(ENTRY_FLIPPED_ONE_IN) == 0;
    memory.writeLong(at, flipped ? value ^ (1L << random.nextInt(Long.SIZE)) : value);
  }
}
