// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import org.crashlane.memory.AddressRange;

/**
 * One line of a guest's flat memory view.
 *
 * @param range the guest-physical addresses
 * @param kind QEMU's word: {@code ram}, {@code rom}, {@code i/o}, …
 * @param name the memory region that answers there
 * @param offset where in the region the range begins, in bytes
 */
record FlatRange(AddressRange range, String kind, String name, long offset) {}
