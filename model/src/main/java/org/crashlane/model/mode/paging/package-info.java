// SPDX-License-Identifier: Apache-2.0
/**
 * What mapping modes share whose units translate by trees of page tables: domains, IOVAs, the way
 * Linux writes tables, arming; and of the hardware, registers as data and who is behind which unit.
 * Knows no vendor.
 */
package org.crashlane.model.mode.paging;
