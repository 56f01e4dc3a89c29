// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qmp;

import tools.jackson.databind.JsonNode;

/**
 * Something that QEMU told without being asked.
 *
 * @param name its name in QEMU's schema: {@code STOP}, {@code RESET}, {@code GUEST_PANICKED}, …
 * @param data what came with it; a missing node if nothing did
 */
public record QmpEvent(String name, JsonNode data) {}
