// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

/**
 * How much goes on in a run.
 *
 * @param ringCount places in each driver's ring, a power of two
 * @param postsPerDevice how many commands each driver of the primary gives in all, so that small
 *     machines have an end; -1 for no end
 * @param varied true if buffers have all sizes and offsets; false if each is one page
 * @param dumpChunkBytes how much the capture kernel writes by one command, whole pages, at most 1
 *     MiB
 */
public record Workload(int ringCount, int postsPerDevice, boolean varied, int dumpChunkBytes) {
  private static final int USUAL_RING = 8;
  private static final int USUAL_CHUNK_BYTES = 1 << 20;

  /** What a machine of usual size does. */
  public static final Workload USUAL = new Workload(USUAL_RING, -1, true, USUAL_CHUNK_BYTES);
}
