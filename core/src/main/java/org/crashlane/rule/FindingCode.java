// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

/** The finding codes. Codes are never reused for another meaning. */
public enum FindingCode {
  A1("a page of the crash range is not identity-mapped for a device on the dump path"),
  A2("a page of the crash range is identity-mapped without the read or the write right"),
  A3("a device on the dump path has no translation entry: its requests fault"),
  A4("an IOVA inside the crash range is mapped to another page"),
  A5("the primary's IOVA allocator may still hand out addresses inside the crash range"),
  A6("the page that takes interrupts is not identity-mapped, for writing, for such a device"),
  A7(
      "the address that a device is given is not the physical one, but that with the memory"
          + " encryption bit, and does not lead to the page"),
  B1("no crash range lies within what a device on the dump path can put on the bus"),
  B2("the crash range lies beyond the IOMMU's address width"),
  B3(
      "the crash range overlaps addresses that do not lead to memory as they are: the interrupt"
          + " window, the GART aperture, an untranslated hole, protected memory, or another reserved"
          + " region"),
  B4(
      "the dump needs memory below a device's coherent mask, or a bounce pool, and no crash range"
          + " has it there"),
  C1("the capture kernel detected the IOMMU"),
  C2("the capture kernel wrote to the IOMMU"),
  C3("the IOMMU remaps interrupts and does not let an unaware capture kernel's through"),
  C4("the capture kernel cannot run without remapping interrupts on this machine (x2APIC)"),
  C5("an option of the capture kernel leaves the IOMMU running that is to switch it off"),
  C6(
      "the IOMMU ignores what the capture kernel writes to its registers: the hardware has locked them"),
  D1("no dump reached the disk, or one that is not the memory of the panic"),
  D2("DMA changed memory that no driver had given to the device"),
  D3("the dump was read through the GART's aperture, not from the memory under it"),
  F1("firmware has a device use memory of the crash range"),
  G1("the crash range is within reach of a device that a guest owns"),
  L1("a mapping of the first kernel reaches into the crash range"),
  L2("without translation, in-flight DMA goes to the physical addresses that equal its IOVAs"),
  L3("the IOMMU's own tables lie in the crash range, or a device may write them"),
  M1("it is not known which device the dump goes through"),
  M2("only devices that were named are taken for those that the dump goes through"),
  M3("the crash range is not confirmed: no capture kernel is known to be loaded in it"),
  P1("the primary's own DMA went wrong while it ran: its mapping driver is broken"),
  W1("an entry of the tables is malformed, or could not be read");

  private final String brokenWhen;

  FindingCode(String brokenWhen) {
    this.brokenWhen = brokenWhen;
  }

  /** {@return true if what it names keeps a right dump from reaching the disk} */
  public boolean losesDump() {
    return switch (this) {
      case A1, A2, A3, A4, A6, A7, B1, B2, B3, B4, D3 -> true;
      case A5, C1, C2, C3, C4, C5, C6, D1, D2, F1, G1, L1, L2, L3, M1, M2, M3, P1, W1 -> false;
    };
  }

  /** {@return when the code is given} */
  public String brokenWhen() {
    return brokenWhen;
  }
}
