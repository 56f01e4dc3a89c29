// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.List;
import org.crashlane.rehearsal.MappingMode;

/**
 * Mapping modes, parted by commas.
 *
 * @param named those named, each once, in the proposal's order
 */
record MappingNames(List<MappingMode> named) {}
