// SPDX-License-Identifier: Apache-2.0
package org.crashlane.interrupt;

import java.util.List;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Term;
import org.crashlane.memory.Store;
import org.crashlane.pci.RequesterId;

/**
 * What can be written into interrupt remapping tables before the crash, so that the messages of a
 * kernel that knows of no IOMMU arrive.
 *
 * @param source whose interrupts
 * @param stores in order: a stop after any of them leaves every interrupt that was let through as
 *     it was; empty if nothing can be prepared
 * @param preparedCount vectors that arrive because of the stores
 * @param readyCount vectors that arrive without
 * @param against what is in the way of the others, or of all
 * @param conditions what must hold for the stores to be right and to have effect
 */
public record InterruptPreparation(
    RequesterId source,
    List<Store> stores,
    int preparedCount,
    int readyCount,
    List<Hindrance> against,
    List<Term> conditions) {

  /**
   * What keeps vectors from arriving.
   *
   * @param vectors which, in rising order; empty where it keeps all
   * @param why what it is
   */
  public record Hindrance(List<Integer> vectors, Reason why) {
    public Hindrance {
      vectors = List.copyOf(vectors);
    }
  }

  public InterruptPreparation {
    stores = List.copyOf(stores);
    against = List.copyOf(against);
    conditions = List.copyOf(conditions);
  }

  /** {@return that nothing need be written, since all vectors arrive} */
  public static InterruptPreparation needless(RequesterId source) {
    int all = (int) InterruptRemapping.deviceVectors().count();
    return new InterruptPreparation(source, List.of(), 0, all, List.of(), List.of());
  }

  /** {@return that nothing can be written, since {@code reason}, and no vector arrives} */
  public static InterruptPreparation impossible(RequesterId source, Reason reason) {
    return new InterruptPreparation(
        source, List.of(), 0, 0, List.of(new Hindrance(List.of(), reason)), List.of());
  }
}
