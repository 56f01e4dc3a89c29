// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.calgary;

import java.util.Arrays;
import java.util.Optional;
import org.crashlane.bits.Term;

/**
 * The eight sizes of a TCE table, by the code that the {@link Tar} has for each (Linux 2.6.27
 * include/asm-x86/tce.h, arch/x86/kernel/tce_64.c). Each is twice the one before.
 */
public enum TableSize implements Term {
  /** 8,192 entries for 32 MiB of I/O space. */
  KIB_64(0, "64k"),
  /** 16,384 entries for 64 MiB. */
  KIB_128(1, "128k"),
  /** 32,768 entries for 128 MiB. */
  KIB_256(2, "256k"),
  /** 65,536 entries for 256 MiB. */
  KIB_512(3, "512k"),
  /** 131,072 entries for 512 MiB. */
  MIB_1(4, "1M"),
  /** 262,144 entries for 1 GiB. */
  MIB_2(5, "2M"),
  /** 524,288 entries for 2 GiB. */
  MIB_4(6, "4M"),
  /** 1,048,576 entries for 4 GiB. */
  MIB_8(7, "8M");

  private static final TableSize[] BY_SPEC = values();
  private static final int SMALLEST_ENTRY_COUNT = 8192;

  /** What Linux divides memory by, as a shift, before it looks for a power of two pages. */
  private static final int LINUX_SHIFT = 13;

  private final int spec;
  private final String option;

  TableSize(int spec, String option) {
    this.spec = spec;
    this.option = option;
  }

  /**
   * {@return the size with this code}
   *
   * @param spec 0 to 7
   */
  public static TableSize ofSpec(int spec) {
    if (spec < 0 || spec >= BY_SPEC.length) {
      throw new IllegalArgumentException("no table size has the code " + spec);
    }
    return BY_SPEC[spec];
  }

  /**
   * {@return the size that Linux 2.6.27 gives a machine unless the command line says otherwise}
   *
   * <p>It is the smallest whose I/O space is not below the memory, up to 4 GiB. Below 8 KiB of
   * memory Linux takes the largest: it looks for the order of 0, which wraps.
   *
   * @param memoryBytes where memory ends ({@code max_pfn} times 4096, holes included), unsigned; in
   *     a capture kernel that of the primary ({@code saved_max_pfn})
   */
  public static TableSize forMemory(long memoryBytes) {
    long scaled = memoryBytes >>> LINUX_SHIFT;
    if (scaled == 0) {
      return MIB_8;
    }
    for (TableSize size : BY_SPEC) {
      if (Long.compareUnsigned(scaled, size.ioSpaceBytes() >>> LINUX_SHIFT) <= 0) {
        return size;
      }
    }
    return MIB_8;
  }

  /** {@return the smallest table that reaches {@code iovaLast}, if any does} */
  public static Optional<TableSize> reaching(long iovaLast) {
    return Arrays.stream(BY_SPEC)
        .filter(size -> Long.compareUnsigned(iovaLast, size.ioSpaceBytes()) < 0)
        .findFirst();
  }

  /** {@return the code in the TAR, 0 to 7} */
  public int spec() {
    return spec;
  }

  /** {@return how many entries the table has} */
  public int entryCount() {
    return SMALLEST_ENTRY_COUNT << spec;
  }

  /** {@return the size of the table in bytes} */
  public int bytes() {
    return entryCount() * Tce.BYTES;
  }

  /** {@return how much I/O space the table translates, from IOVA 0, in bytes} */
  public long ioSpaceBytes() {
    return (long) entryCount() * Tce.PAGE_BYTES;
  }

  /** {@return its name in {@code calgary=} on the kernel command line} */
  @Override
  public String meaning() {
    return option;
  }
}
