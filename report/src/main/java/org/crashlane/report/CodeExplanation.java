// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.crashlane.rule.FindingCode;

/** What each finding code means to people, beside {@link FindingCode#brokenWhen}. */
public enum CodeExplanation {
  A1(
      "crash range not mapped for the dump device",
      "A capture kernel that knows of no IOMMU gives the disk physical addresses of its own"
          + " memory. The IOMMU still translates by the first kernel's tables, finds no entry for"
          + " them and blocks the requests: the disk times out, and no dump is written.",
      "'crashlane rehearse vtd --strategy none': the disk's first read is blocked.",
      "Identity-map the whole crash range in that device's table before the crash: load the"
          + " crashlane_arm module in the first kernel, or run 'crashlane arm qemu:SOCKET"
          + " --when-crashed' for a guest."),
  A2(
      "crash range mapped without read or write right",
      "A disk reads commands and data from memory and writes completions to it. Without either"
          + " right its requests are blocked, and no dump is written.",
      "'crashlane rehearse vtd --strategy identity --fault vtd-arm-not-writable': the entries of"
          + " the crash range lack W.",
      "Give both rights in the entries of the crash range, and in the device's own entry (AMD-Vi:"
          + " IR and IW)."),
  A3(
      "dump device has no translation entry",
      "The IOMMU blocks every request of a device that no context or device table entry"
          + " describes. There is no table that could be armed for it.",
      "A disk controller that has no driver, before Linux 5.8: since then each device that is found"
          + " gets a domain.",
      "Give the device a domain in the first kernel, and arm it then: bind a driver to it, or have"
          + " the PCI bus scanned again."),
  A4(
      "crash range's IOVAs mapped to other pages",
      "The disk asks for an address in the crash range and is led to a page of the first kernel:"
          + " the dump is read from the wrong memory, or that page is overwritten.",
      "'crashlane rehearse vtd --strategy identity --arm late': a driver was given these IOVAs"
          + " before the range was reserved.",
      "Reserve the crash range in the IOVA allocator before any driver maps: load the"
          + " crashlane_arm module early."),
  A5(
      "allocator may hand out the crash range's IOVAs",
      "A driver that is given an IOVA of the crash range replaces the identity mapping by its own"
          + " buffer. The dump device then loses that page.",
      "'crashlane rehearse vtd --strategy identity --arm unreserved': armed, but not reserved.",
      "Reserve the range in the first kernel's IOVA allocator, as its crashlane_arm module does;"
          + " or arm when the guest has crashed."),
  A6(
      "interrupt doorbell not mapped",
      "Where message signalled interrupts are writes that the IOMMU translates, a capture kernel"
          + " without a mapping of the doorbell page gets none.",
      "An Arm machine behind SMMUv3; no x86 machine has such a page.",
      "Identity-map the doorbell page, for writing, together with the crash range."),
  A7(
      "encryption bit keeps IOVAs from the pages",
      "With memory encryption (SME) the capture kernel gives devices addresses with the"
          + " encryption bit set. A mapping of the physical address alone does not serve them.",
      "A host with an AMD processor, booted with mem_encrypt=on.",
      "Map the crash range twice, without and with the bit; or boot the first kernel with"
          + " mem_encrypt=off."),
  B1(
      "crash range beyond the device's DMA mask",
      "The disk cannot put the addresses of the crash range on the bus. Without a bounce pool in"
          + " its reach the capture kernel cannot write a dump through it.",
      "'crashlane rehearse beyond-reach --strategy none': a disk of 32 bits, the crash range"
          + " above 4 GiB.",
      "Reserve a crash range below the limit: crashkernel=SIZE,low in addition, or without"
          + " ',high'."),
  B2(
      "crash range beyond the IOMMU's address width",
      "The tables of this IOMMU have no entry for addresses so high, so that the range cannot be"
          + " identity-mapped.",
      "A VT-d unit of 39 bits (512 GiB), and a crash range above.",
      "Reserve the crash range below the IOMMU's address width."),
  B3(
      "crash range overlaps addresses that are no RAM",
      "Requests to some addresses never reach memory, whatever the tables have: the interrupt"
          + " window 0xfee00000-0xfeefffff, an aperture, memory protected by firmware. A part of the"
          + " dump cannot be written from there.",
      "A VT-d unit whose protected memory region (PMEN) covers the crash range.",
      "Reserve the crash range elsewhere; for PMEN, disable the firmware's DMA protection."),
  B4(
      "no low memory for the capture kernel's DMA",
      "Rings, commands and bounce buffers need memory below a device's coherent mask. A capture"
          + " kernel that has none there fails to start its driver.",
      "A disk whose coherent mask is 32 bits, and a single crash range above 4 GiB.",
      "Add a low crash range: crashkernel=SIZE,low."),
  C1(
      "capture kernel detected the IOMMU",
      "The rule asks that the capture kernel does not see the IOMMU. One that does relies on what"
          + " a dead kernel left in memory. Linux does so where its driver is on, and mostly the"
          + " dump is written all the same.",
      "'crashlane rehearse vtd --strategy adopt': the capture kernel reads the unit's registers.",
      "For the dump, nothing. For the rule, arm the first kernel, and hide the DMAR or IVRS table"
          + " from the capture kernel, or build it without the IOMMU's driver. Hiding alone loses the"
          + " dump (A1)."),
  C2(
      "capture kernel wrote to the IOMMU",
      "Each write changes what devices that still run can reach: to disable translation lets"
          + " their DMA through, new tables lose or redirect it.",
      "'crashlane rehearse vtd --strategy off': the capture kernel disables translation.",
      "For the dump, nothing where it is complete. Where in-flight DMA overwrote memory, let the"
          + " capture kernel take the tables over (intel_iommu=on, Linux 4.2 or later; AMD: without"
          + " amd_iommu=off). For the rule, as with C1: intel_iommu=off is a write too."),
  C3(
      "capture kernel's interrupts are blocked",
      "With interrupt remapping on, hardware blocks messages of the format that a capture kernel"
          + " uses which knows of none. The disk works, but the kernel does not learn of it, and"
          + " waits.",
      "'crashlane rehearse --stage qemu --mapping amdvi --intremap on --strategy identity'.",
      "Boot the first kernel with intremap=off (and nox2apic), prepare the interrupt tables, or"
          + " add 'noapic pci=nomsi' to the capture kernel."),
  C4(
      "processors need interrupt remapping (x2APIC)",
      "A kernel without remapping has to leave x2APIC mode. It cannot with APIC ids of 255 or"
          + " more, or where firmware locked the mode: it panics, or gets no interrupts.",
      "A server of 256 or more processors.",
      "Let the capture kernel see the IOMMU, and so remap interrupts itself. To disable x2APIC in"
          + " firmware costs the processors with APIC ids from 255 up."),
  C5(
      "option leaves the IOMMU running",
      "amd_iommu=off makes Linux 5.12 and later skip its driver before it has looked at a unit: the"
          + " IOMMU goes on with the first kernel's tables, and these decide about the dump. Linux"
          + " 4.14 to 5.10 switched the IOMMU off. iommu=off leaves AMD's running in any version.",
      "'crashlane rehearse --stage qemu --mapping amdvi --strategy off': no dump, as if nothing"
          + " had been set up.",
      "Drop amd_iommu=off: the driver then takes the old tables over (Linux 4.14 or later; with"
          + " SEV-SNP guests 6.18 or later). Or keep it, and arm the first kernel: the option alone"
          + " loses the dump (A1)."),
  C6(
      "IOMMU locked by SEV-SNP, writes ignored",
      "While SEV-SNP is on, an AMD IOMMU ignores writes to the registers that say where its device"
          + " table, command buffer, event log and completion stores are. Linux 6.9 and later shut"
          + " SEV-SNP down in the panic; where that fails, as with SEV-SNP guests running, a capture"
          + " kernel that copies the tables works with a copy that the IOMMU never reads. Its console"
          + " says \"AMD-Vi: Completion-Wait loop timed out\" again and again, then \"Kernel panic -"
          + " not syncing: timer doesn't work through Interrupt-remapped IO-APIC\".",
      "'crashlane rehearse snp-copy --strategy adopt': the disk never answers.",
      "Use a capture kernel of Linux 6.18 or later, which goes on with the old tables ('crashlane"
          + " rehearse snp-reuse --strategy adopt'). Or arm the first kernel, with a capture kernel"
          + " that does not use the IOMMU (amd_iommu=off): interrupts must then not be remapped"
          + " (C3)."),
  D1(
      "no dump, or not the memory of the panic",
      "This is the outcome itself. The findings before it say why.",
      "'crashlane rehearse vtd --strategy none': no dump; 'crashlane rehearse gart --strategy abort':"
          + " one that differs.",
      "Fix the other findings. Where there are none, let the capture kernel take the old tables over"
          + " (intel_iommu=on; AMD: no option, and with SEV-SNP guests Linux 6.18 or later), and read"
          + " its console."),
  D2(
      "DMA overwrote memory of no driver's buffer",
      "In-flight DMA of the first kernel's devices changed memory that was not given to them. It"
          + " may be the dump's, or the capture kernel's own code.",
      "'crashlane rehearse vtd --strategy off': a network card writes where its IOVAs name"
          + " memory. The same with a real kernel: 'crashlane rehearse --stage qemu --strategy off"
          + " --nic assigned'.",
      "Leave translation enabled until the devices are reset."),
  D3(
      "dump read through the GART's aperture",
      "Reads of the processor in the aperture are translated. The dump then has other memory in"
          + " the place of that under the aperture.",
      "'crashlane rehearse gart-over-ram --strategy none'.",
      "Leave the aperture out of the dump: --leave-out RANGE on the model."),
  F1(
      "firmware's devices use the crash range",
      "An RMRR or IVMD region lets a device read and write memory of the crash range at any time,"
          + " also while the dump is written.",
      "A DMAR table whose RMRR lies inside of what crashkernel= reserved.",
      "Reserve the crash range elsewhere, and report the region to the firmware's vendor."),
  G1(
      "a guest's device reaches the crash range",
      "A device assigned to a virtual machine is programmed by that machine. If its table maps"
          + " the crash range, the guest can write the host's capture kernel.",
      "A card passed to a guest by VFIO whose domain is identity-mapped for the crash range.",
      "Leave the device out of what is armed, and send the dump through a device of the host's"
          + " own."),
  L1(
      "in-flight DMA reaches the crash range",
      "A transfer that still runs writes into the memory of the capture kernel: it may crash, or"
          + " the dump is damaged.",
      "'crashlane rehearse gart --strategy abort': entries redirected into the crash range.",
      "The first kernel must not map pages of the crash range for devices; stop a device that has"
          + " them."),
  L2(
      "in-flight DMA goes astray without translation",
      "IOVAs of the first kernel are not physical addresses. Once translation is off, in-flight"
          + " DMA goes to the physical address that equals its IOVA: harmless where that is no"
          + " memory, and otherwise memory is overwritten. A note while translation is on.",
      "'crashlane rehearse vtd --strategy off': a capture kernel with intel_iommu=off.",
      "Leave translation enabled until the devices are reset: intel_iommu=on for the capture kernel"
          + " too (Linux 4.2 or later), or the first kernel armed and the DMAR hidden."),
  L3(
      "DMA reaches the IOMMU's own tables",
      "The capture kernel overwrites tables in the crash range, and devices then go anywhere. A"
          + " device that may write a table can do the same.",
      "Table pages that were allocated inside the crash range.",
      "Build the tables outside the crash range; unmap their pages for devices."),
  M1(
      "dump device not known",
      "What is mapped depends on the device. As long as the one that the dump goes through is not"
          + " known, nothing can be promised.",
      "A guest with several disk controllers, and no --device.",
      "Name the disk controller of the dump: --device [ssss:]bb:dd.f."),
  M2(
      "only the named devices were checked",
      "Devices that were not named may also be on the path of the dump, such as a network card"
          + " for a dump over NFS.",
      "'crashlane arm' with --device, in a guest that has more.",
      "Name all devices of the dump path, or none at all."),
  M3(
      "crash range not confirmed",
      "Nothing shows that the range is what crashkernel= reserved, or that a capture kernel is"
          + " loaded there. A wrong range may be armed perfectly, and serve nothing: the answer is unknown.",
      "'crashlane arm' with a --crash-range that is not the one in the guest's /proc/iomem.",
      "Load the capture kernel, and give what the guest's /proc/iomem calls \"Crash kernel\"."),
  P1(
      "first kernel's mapping driver is broken",
      "The first kernel's own DMA went to wrong places before the crash. Nothing after it can be"
          + " relied upon.",
      "'crashlane rehearse vtd --strategy identity --fault vtd-not-flushed'.",
      "Fix the mapping driver of the first kernel."),
  W1(
      "table entry malformed or unreadable",
      "Requests to a malformed entry fault. What lies beyond an entry that could not be read was"
          + " not checked, and may be harmful.",
      "An AMD-Vi guest with nested tables, which are not read.",
      "Make the tables readable, or arm from inside the first kernel.");

  private final String title;
  private final String why;
  private final String example;
  private final String fix;

  CodeExplanation(String title, String why, String example, String fix) {
    this.title = title;
    this.why = why;
    this.example = example;
    this.fix = fix;
  }

  /** {@return the explanation of {@code code}} */
  public static CodeExplanation of(FindingCode code) {
    return valueOf(code.name());
  }

  /** {@return the code in a few words: what a line has room for, at most 48 characters} */
  public String title() {
    return title;
  }

  /** {@return true if {@code word} is in the explanation: whole, in whatever case} */
  public boolean hasWord(String word) {
    Pattern whole =
        Pattern.compile("(?<![\\w=])" + Pattern.quote(word) + "(?!\\w)", Pattern.CASE_INSENSITIVE);
    return Stream.of(title, meaning(), why, example, fix).anyMatch(t -> whole.matcher(t).find());
  }

  /** {@return when the code is given} */
  public String meaning() {
    return FindingCode.valueOf(name()).brokenWhen();
  }

  /** {@return what it does to the dump or to memory} */
  public String why() {
    return why;
  }

  /** {@return where it is seen; a command in quotes shows it on the model or in the lab} */
  public String example() {
    return example;
  }

  /** {@return what to change} */
  public String fix() {
    return fix;
  }
}
