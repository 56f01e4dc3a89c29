// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.pci.RequesterId;

/**
 * A unit that remembers does what one does that does not, as long as every change of the tables is
 * followed by the invalidation that it takes.
 */
public final class CachingProperty {
  private static final int STEP_COUNT = 3000;

  private CachingProperty() {}

  /**
   * Compares the two, request by request.
   *
   * @param requesters who asks
   * @param change changes the tables, and invalidates
   */
  public static void check(
      long seed,
      List<RequesterId> requesters,
      Function<Request, Outcome> forgetful,
      Function<Request, Outcome> caching,
      Consumer<Random> change) {
    Random random = new Random(seed);
    for (int step = 0; step < STEP_COUNT; step++) {
      if (random.nextInt(3) == 0) {
        change.accept(random);
      }
      Request request =
          new Request(
              requesters.get(random.nextInt(requesters.size())),
              (long) random.nextInt(0x800) * 0x800,
              random.nextBoolean() ? Access.READ : Access.WRITE);
      assertEquals(
          forgetful.apply(request), caching.apply(request), () -> "seed " + seed + ": " + request);
    }
  }
}
