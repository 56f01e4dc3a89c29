// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.gart;

import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Hex;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.flat.FlatTable;
import org.crashlane.iommu.gart.Registers.ApertureBase;
import org.crashlane.iommu.gart.Registers.ApertureCtl;
import org.crashlane.iommu.gart.Registers.TableBase;

/**
 * How the GART of one northbridge is set.
 *
 * @param apertureControl F3x90, 32 bits
 * @param apertureBase F3x94, 32 bits
 * @param tableBase F3x98, 32 bits
 * @param wholeMemory true if there is no memory but what the memory says it has, so that hardware
 *     too fails to read a table elsewhere; false if, as in a dump, some is left out
 */
public record UnitConfig(
    long apertureControl, long apertureBase, long tableBase, boolean wholeMemory) {

  /**
   * @throws IllegalArgumentException if a value has more than 32 bits, or the aperture is switched
   *     on with the reserved size: what hardware does then is not known
   */
  public UnitConfig {
    for (long register : List.of(apertureControl, apertureBase, tableBase)) {
      if (register != Integer.toUnsignedLong((int) register)) {
        throw new IllegalArgumentException("not 32 bits: " + Hex.of(register));
      }
    }
    if (isReserved(apertureControl)) {
      throw new IllegalArgumentException(reservedSize(apertureControl));
    }
  }

  /**
   * {@return a unit as its registers say}
   *
   * @param registers configuration space of function 3 of the northbridge
   * @throws MalformedInputException if the aperture is switched on with the reserved size
   */
  public static UnitConfig of(RegisterFile registers, boolean wholeMemory) {
    long control = registers.read(Registers.APERTURECTL);
    if (isReserved(control)) {
      throw new MalformedInputException(
          "northbridge function 3", Registers.APERTURECTL.offset(), reservedSize(control));
    }
    return new UnitConfig(
        control,
        registers.read(Registers.APERTUREBASE),
        registers.read(Registers.TABLEBASE),
        wholeMemory);
  }

  /** {@return a unit that translates for devices and CPUs, all memory known} */
  public static UnitConfig translating(Aperture aperture, long table) {
    return new UnitConfig(
        ApertureCtl.enabled(aperture.controlRegister()),
        aperture.baseRegister(),
        TableBase.encode(table),
        true);
  }

  private static boolean isReserved(long control) {
    return ApertureCtl.GARTEN.isSet(control)
        && ApertureCtl.SIZE_ORDER.get(control) > Aperture.ORDER_MAX;
  }

  private static String reservedSize(long control) {
    return "the aperture is on with the reserved size order "
        + ApertureCtl.SIZE_ORDER.get(control)
        + " (APERTURECTL "
        + Hex.of(control)
        + ")";
  }

  /** {@return the aperture, on or off; nothing where an aperture that is off has no known size} */
  public Optional<Aperture> aperture() {
    int order = (int) ApertureCtl.SIZE_ORDER.get(apertureControl);
    return order > Aperture.ORDER_MAX
        ? Optional.empty()
        : Optional.of(new Aperture(ApertureBase.decode(apertureBase), order));
  }

  /** {@return the table's physical address} */
  public long table() {
    return TableBase.decode(tableBase);
  }

  /**
   * {@return the table as a flat one; without an entry, where an aperture that is off has no known
   * size}
   */
  public FlatTable flat() {
    return aperture()
        .map(aperture -> aperture.tableAt(table()))
        .orElseGet(() -> new FlatTable(table(), 0, 0, Gpte.FORMAT));
  }

  /** {@return true if the aperture is there at all} */
  public boolean translationEnabled() {
    return ApertureCtl.GARTEN.isSet(apertureControl);
  }

  /** {@return true if requests of devices in the aperture are translated} */
  public boolean translatesDevices() {
    return translationEnabled() && !ApertureCtl.DISGARTIO.isSet(apertureControl);
  }

  /** {@return true if requests of CPUs in the aperture are translated} */
  public boolean translatesCpus() {
    return translationEnabled() && !ApertureCtl.DISGARTCPU.isSet(apertureControl);
  }
}
