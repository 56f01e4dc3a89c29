// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import org.crashlane.acpi.TableProblem;

/**
 * Something that Linux minds, or that is worth knowing, at one place of a table.
 *
 * @param rule what Linux does about it, and where in its source
 * @param signature the table's
 * @param place where in the table, and what is there
 */
public record Remark(LinuxRule rule, String signature, TableProblem place) {}
