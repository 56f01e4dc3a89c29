// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import java.util.List;
import org.crashlane.acpi.Extent;
import org.crashlane.acpi.TableProblem;
import org.crashlane.bits.Reason;

/**
 * Where a rule applies.
 *
 * @param offset in bytes from the beginning of the table
 * @param details what was seen there
 */
record Spot(long offset, List<Reason.Detail> details) {

  static Spot at(long offset, Reason.Detail... details) {
    return new Spot(offset, List.of(details));
  }

  static Spot at(Extent extent, Reason.Detail... details) {
    return at(extent.offset(), details);
  }

  TableProblem of(LinuxRule rule) {
    return new TableProblem(offset, new Reason(rule, details));
  }
}
