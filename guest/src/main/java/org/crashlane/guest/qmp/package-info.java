// SPDX-License-Identifier: Apache-2.0
/** QEMU's control socket: commands, events and the human monitor, every wait bounded. */
package org.crashlane.guest.qmp;
