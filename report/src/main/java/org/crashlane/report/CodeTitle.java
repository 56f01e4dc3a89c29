// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import org.crashlane.rule.FindingCode;

/** Finding codes in a few words: what a line has room for. */
public final class CodeTitle {
  private CodeTitle() {}

  /** {@return what the code says, in at most 48 characters} */
  public static String of(FindingCode code) {
    return switch (code) {
      case A1 -> "crash range not mapped for the dump device";
      case A2 -> "crash range mapped without read or write right";
      case A3 -> "dump device has no translation entry";
      case A4 -> "crash range's IOVAs mapped to other pages";
      case A5 -> "allocator may hand out the crash range's IOVAs";
      case A6 -> "interrupt doorbell not mapped";
      case A7 -> "encryption bit keeps IOVAs from the pages";
      case B1 -> "crash range beyond the device's DMA mask";
      case B2 -> "crash range beyond the IOMMU's address width";
      case B3 -> "crash range overlaps addresses that are no RAM";
      case B4 -> "no low memory for the capture kernel's DMA";
      case C1 -> "capture kernel detected the IOMMU";
      case C2 -> "capture kernel wrote to the IOMMU";
      case C3 -> "capture kernel's interrupts are blocked";
      case C4 -> "processors need interrupt remapping (x2APIC)";
      case C5 -> "option leaves the IOMMU running";
      case D1 -> "no dump, or not the memory of the panic";
      case D2 -> "DMA overwrote memory of no driver's buffer";
      case D3 -> "dump read through the GART's aperture";
      case F1 -> "firmware's devices use the crash range";
      case G1 -> "a guest's device reaches the crash range";
      case L1 -> "in-flight DMA reaches the crash range";
      case L2 -> "in-flight DMA goes astray without translation";
      case L3 -> "DMA reaches the IOMMU's own tables";
      case M1 -> "dump device not known";
      case M2 -> "only the named devices were checked";
      case M3 -> "capture kernel not confirmed in the range";
      case P1 -> "first kernel's mapping driver is broken";
      case W1 -> "table entry malformed or unreadable";
    };
  }
}
