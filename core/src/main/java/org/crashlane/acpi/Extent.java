// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

/**
 * Where a structure is in its table.
 *
 * @param offset its first byte, counted from the beginning of the table
 * @param lengthBytes the length it gives itself, even if the table ends before
 */
public record Extent(long offset, int lengthBytes) {}
