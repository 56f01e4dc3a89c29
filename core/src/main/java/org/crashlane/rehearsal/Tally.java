// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rehearsal;

/**
 * What a stage counts that sees every byte on the bus.
 *
 * @param corruptedByteCount bytes of memory that DMA changed after the panic, or during arming, and
 *     that no driver had given to a device to write
 * @param leftoverPassedCount requests left over from the primary that reached memory after the
 *     panic
 * @param leftoverBlockedCount those that were blocked
 * @param arming what it cost to arm
 */
public record Tally(
    long corruptedByteCount, long leftoverPassedCount, long leftoverBlockedCount, ArmingCost arming)
    implements Observations.Account {}
