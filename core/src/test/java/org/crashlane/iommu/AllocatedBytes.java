// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import java.lang.reflect.Method;
import org.junit.jupiter.api.Assumptions;

/** How many bytes a thread has allocated, by the JDK's own count. */
public final class AllocatedBytes {
  private AllocatedBytes() {}

  /** {@return what {@code work} allocates, after it was run often enough to be compiled} */
  public static long by(Runnable work) {
    int warmUpCount = 20;
    for (int i = 0; i < warmUpCount; i++) {
      work.run();
    }
    long before = now();
    work.run();
    return now() - before;
  }

  /** By reflection, for the module under test does not read the management module. */
  private static long now() {
    try {
      Object threads =
          Class.forName("java.lang.management.ManagementFactory")
              .getMethod("getThreadMXBean")
              .invoke(null);
      Method bytes =
          Class.forName("com.sun.management.ThreadMXBean")
              .getMethod("getCurrentThreadAllocatedBytes");
      return (long) bytes.invoke(threads);
    } catch (ReflectiveOperationException e) {
      return Assumptions.abort("no count of allocated bytes: " + e);
    }
  }
}
