// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import org.crashlane.pci.RequesterId;

/**
 * The machine that probes were made on: the first line of a recorded file.
 *
 * @param oracle what answered, with its version
 * @param options the IOMMU's options, as given to it
 * @param version its version register
 * @param capability its capability register (CAP)
 * @param extendedCapability its extended capability register (ECAP)
 * @param ramBytes memory from address 0 on
 * @param requester the device that asked
 * @param root the root table address register, where a probe has none of its own
 * @param seed what the random cases grew from
 */
public record ProbeMachine(
    String oracle,
    String options,
    long version,
    long capability,
    long extendedCapability,
    long ramBytes,
    RequesterId requester,
    long root,
    long seed) {}
