// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import org.crashlane.iommu.TranslationTables;
import org.crashlane.machine.Machine;

/**
 * One IOMMU of several that are judged together.
 *
 * @param behind the machine, with the devices that are behind this unit and no others
 * @param tables what it goes by
 */
public record JudgedUnit(Machine behind, TranslationTables tables) {}
