// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.crashlane.interrupt.InterruptFate;
import org.crashlane.interrupt.InterruptPreparation;
import org.crashlane.interrupt.InterruptVectors;
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
  private static final List<String> CONDITIONS =
      List.of(
          "the primary is stopped while the entries are written: two of 4 bytes share a word",
          "entries that were not enabled may be cached: INVALIDATE_INTERRUPT_TABLE takes a hand"
              + " inside the primary",
          "all processors but the capture kernel's have their local APICs off, as Linux leaves"
              + " them after a panic: the entries send to every one",
          "the capture kernel asks for fixed delivery, as Linux does since 4.15: the lowest-priority"
              + " mode chooses entries 0x100 higher");

  private final RequesterId source;
  private final InterruptFormat format;
  private final PhysicalMemory memory;
  private final Map<Long, Long> written = new TreeMap<>();
  private final List<Store> stores = new ArrayList<>();
  private final Map<String, List<Integer>> against = new LinkedHashMap<>();
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
  void refuse(int vector, String reason) {
    against.computeIfAbsent(reason, _ -> new ArrayList<>()).add(vector);
  }

  /** Plans the entry at {@code address} to bring {@code vector}, if nobody has taken it. */
  void plan(int vector, long address) {
    InterruptFate fate = InterruptFate.read(() -> format.fate(address, this::word));
    if (fate.brings(vector)) {
      ready();
    } else if (fate instanceof InterruptFate.Unknown unknown) {
      refuse(vector, "the table cannot be read: " + unknown.evidence());
    } else if (format.isFree(address, this::word)) {
      for (Store store : format.enable(address, this::word, vector)) {
        stores.add(store);
        written.put(store.address(), store.after());
      }
      preparedCount++;
    } else {
      refuse(vector, "the primary has taken the entry");
    }
  }

  InterruptPreparation result() {
    List<String> reasons =
        against.entrySet().stream()
            .map(e -> InterruptVectors.describe(e.getValue()) + ": " + e.getKey())
            .toList();
    return new InterruptPreparation(
        source,
        stores,
        preparedCount,
        readyCount,
        reasons,
        stores.isEmpty() ? List.of() : CONDITIONS);
  }
}
