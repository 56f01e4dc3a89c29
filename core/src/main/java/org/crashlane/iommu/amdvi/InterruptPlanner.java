// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Term;
import org.crashlane.interrupt.InterruptFate;
import org.crashlane.interrupt.InterruptPreparation;
import org.crashlane.interrupt.InterruptPreparation.Hindrance;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.Store;
import org.crashlane.pci.RequesterId;

/**
 * Plans entry v of a device's interrupt remapping table to send vector v to every processor, for
 * each v that a kernel may give to the device: a message in compatibility format then means with
 * the table what it means without.
 *
 * <p>Only entries that are zero are taken. Linux takes an entry that is not zero for one in use, so
 * what is prepared keeps itself out of its allocator (Linux 6.0 drivers/iommu/amd/iommu.c, {@code
 * irte_is_allocated}, {@code irte_ga_is_allocated}).
 */
final class InterruptPlanner {
  private static final List<Term> CONDITIONS =
      List.of(Named.STOPPED, Named.INVALIDATED, Named.ONE_PROCESSOR, Named.FIXED_DELIVERY);

  private final RequesterId source;
  private final InterruptFormat format;
  private final PhysicalMemory memory;
  private final Map<Long, Long> written = new TreeMap<>();
  private final List<Store> stores = new ArrayList<>();
  private final Map<Reason, List<Integer>> against = new LinkedHashMap<>();
  private int preparedCount;
  private int readyCount;

  InterruptPlanner(RequesterId source, InterruptFormat format, PhysicalMemory memory) {
    this.source = source;
    this.format = format;
    this.memory = memory;
  }

  private long word(long address) {
    Long planned = written.get(address);
    return planned == null ? memory.readLong(address) : planned;
  }

  /** Counts {@code vector} as arriving without a store. */
  void ready() {
    readyCount++;
  }

  /** Counts {@code vector} as one that no entry can help, since {@code reason}. */
  void refuse(int vector, Reason reason) {
    against.computeIfAbsent(reason, _ -> new ArrayList<>()).add(vector);
  }

  /** Plans the entry at {@code address} to bring {@code vector}, if nobody has taken it. */
  void plan(int vector, long address) {
    InterruptFate fate = InterruptFate.read(() -> format.fate(address, this::word));
    if (fate.brings(vector)) {
      ready();
    } else if (fate instanceof InterruptFate.Unknown unknown) {
      refuse(
          vector, Reason.of(Named.TABLE_UNREADABLE, new Reason.Because(unknown.evidence().term())));
    } else if (format.isFree(address, this::word)) {
      for (Store store : format.enable(address, this::word, vector)) {
        stores.add(store);
        written.put(store.address(), store.after());
      }
      preparedCount++;
    } else {
      refuse(vector, Reason.of(Named.TAKEN));
    }
  }

  InterruptPreparation result() {
    List<Hindrance> hindrances =
        against.entrySet().stream().map(e -> new Hindrance(e.getValue(), e.getKey())).toList();
    return new InterruptPreparation(
        source,
        stores,
        preparedCount,
        readyCount,
        hindrances,
        stores.isEmpty() ? List.of() : CONDITIONS);
  }
}
