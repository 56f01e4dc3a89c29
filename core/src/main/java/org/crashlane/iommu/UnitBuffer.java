// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.bits.Reason;
import org.crashlane.memory.AddressRange;

/**
 * Memory that a unit itself reads or writes while it runs, besides its tables and for no device: a
 * log, a queue, the place of a completion store. It is reached untranslated.
 *
 * @param what what it is, and which register says so or of which entry it is
 * @param range where it is
 */
public record UnitBuffer(Reason what, AddressRange range) {}
