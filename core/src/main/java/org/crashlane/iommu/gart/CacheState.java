// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import java.util.Arrays;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.gart.Registers.CacheCtl;

/**
 * What changes inside the GART of one northbridge while it runs: the entries it has cached and its
 * cache control register F3x9C. Made by whoever runs the machine, copied with it, one for each
 * northbridge: to invalidate one is not to invalidate the others.
 *
 * <p>A cached entry serves until INVGART is written or another takes its place, whatever the table
 * says meanwhile; an entry that is not valid is not cached (not verified). How many entries
 * hardware caches and which gives way to which is not known: here an index has one place, its
 * remainder by the capacity, so that a capacity of the whole table keeps every entry ever used, the
 * most that a missing flush can spoil.
 */
public final class CacheState {
  private final int[] indices;
  private final int[] entries;
  private long control;

  private CacheState(int[] indices, int[] entries, long control) {
    this.indices = indices;
    this.entries = entries;
    this.control = control;
  }

  /** {@return the state after reset of a GART that caches up to {@code capacityCount} entries} */
  public static CacheState ofCapacity(int capacityCount) {
    if (capacityCount < 0) {
      throw new IllegalArgumentException("negative capacity: " + capacityCount);
    }
    return new CacheState(new int[capacityCount], new int[capacityCount], 0);
  }

  /** {@return the state of a GART that caches nothing: every change of the table is seen} */
  public static CacheState uncached() {
    return ofCapacity(0);
  }

  /** {@return the state of a GART that caches whatever it has read in {@code aperture}} */
  public static CacheState unbounded(Aperture aperture) {
    return ofCapacity(aperture.entryCount());
  }

  /** {@return a state equal to this one, that changes by itself} */
  public CacheState copy() {
    return new CacheState(indices.clone(), entries.clone(), control);
  }

  /** {@return the cached entry {@code index}, or {@link Gpte#ABSENT} if it is not cached} */
  public long cached(int index) {
    if (indices.length == 0) {
      return Gpte.ABSENT;
    }
    int place = index % indices.length;
    return indices[place] == index ? Integer.toUnsignedLong(entries[place]) : Gpte.ABSENT;
  }

  /** {@return how many entries are cached} */
  public int cachedCount() {
    return (int) Arrays.stream(entries).filter(Gpte::isValid).count();
  }

  /** {@return what F3x9C reads as} */
  public long control() {
    return control;
  }

  /**
   * Writes F3x9C. An invalidation is done when this returns.
   *
   * @param value 32 bits
   */
  public void writeControl(long value) {
    if (value != Integer.toUnsignedLong((int) value)) {
      throw new IllegalArgumentException("not 32 bits: " + Hex.of(value));
    }
    if (CacheCtl.INVGART.isSet(value)) {
      Arrays.fill(indices, 0);
      Arrays.fill(entries, (int) Gpte.ABSENT);
    }
    control = Registers.CACHECTL.written(control, value);
  }

  /** Receives what is cached. */
  @FunctionalInterface
  public interface Visitor {
    /** One entry; in the order of their places. */
    void entry(int index, long entry);
  }

  /** Tells {@code visitor} all that is cached. */
  public void forEach(Visitor visitor) {
    for (int place = 0; place < entries.length; place++) {
      if (Gpte.isValid(entries[place])) {
        visitor.entry(indices[place], Integer.toUnsignedLong(entries[place]));
      }
    }
  }

  void keep(int index, long validEntry) {
    if (indices.length != 0) {
      int place = index % indices.length;
      indices[place] = index;
      entries[place] = (int) validEntry;
    }
  }

  void recordInvalidEntry() {
    control = CacheCtl.GARTPTEERR.with(control, 1);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CacheState that
        && control == that.control
        && Arrays.equals(indices, that.indices)
        && Arrays.equals(entries, that.entries);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(new int[] {Arrays.hashCode(indices), Arrays.hashCode(entries)})
        ^ Long.hashCode(control);
  }

  @Override
  public String toString() {
    return "%d of %d entries cached, CACHECTL %s"
        .formatted(cachedCount(), indices.length, Hex.of(control));
  }
}
