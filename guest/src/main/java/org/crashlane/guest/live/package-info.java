// SPDX-License-Identifier: Apache-2.0
/**
 * A guest as it runs: its memory through the file that QEMU shares, its IOMMU's registers and its
 * devices through the control socket, and the hand that arms it from outside.
 */
package org.crashlane.guest.live;
