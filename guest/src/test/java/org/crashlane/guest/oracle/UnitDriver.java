// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.crashlane.guest.qtest.Commands;
import org.crashlane.guest.qtest.QTest;
import org.crashlane.pci.RequesterId;

/** Works one vendor's IOMMU by its registers, as far as trying cases takes. */
interface UnitDriver {

  /** Looks at a machine's unit. */
  @FunctionalInterface
  interface Finder {
    /**
     * {@return a driver for the unit of {@code machine}}
     *
     * @param requester the device that is going to ask
     */
    UnitDriver find(QTest machine, RequesterId requester) throws IOException;
  }

  /** {@return the machine, as a record of its probes begins} */
  ProbeMachine description();

  /** {@return what must stand in memory besides tables} */
  List<TableWord> keptWords();

  /** Makes the unit take {@code root}, and leaves translation as it is. */
  void useRoot(QTest machine, long root) throws IOException;

  /** Switches translation, and sees that it was. */
  void setTranslation(QTest machine, boolean on) throws IOException;

  /** Adds the dropping of all that the unit caches. */
  void dropCaches(Commands commands);

  /**
   * Adds the reading and the clearing of the last fault's record.
   *
   * @return where among the answers {@link #fault} finds it
   */
  int takeFault(Commands commands);

  /** {@return the record, if there was one, in the answers to what {@link #takeFault} added} */
  Optional<Observation.Faulted> fault(long[] answers, int first);
}
