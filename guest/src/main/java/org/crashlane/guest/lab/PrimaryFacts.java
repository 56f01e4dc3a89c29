// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Hex;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Ranges;
import org.crashlane.pci.PciAddress;

/**
 * What the primary kernel said of itself before the crash.
 *
 * @param release {@code uname -r}
 * @param crashRanges from {@code /proc/iomem}
 * @param ram "System RAM" of {@code /proc/iomem}
 * @param vmcoreinfoAddress physical address of the VMCOREINFO note
 * @param vmcoreinfoSizeBytes how long it may be
 * @param devices on PCI
 * @param firmwareTableHex the firmware's table of its IOMMUs in hexadecimal, empty if it has none
 * @param captureKernelLoaded whether {@code kexec} took the capture kernel
 * @param insideHandStatus exit status of inserting the inside hand's module, where it was
 * @param insideHandLines what that module said
 * @param messages the kernel's messages about IOMMUs and disks
 * @param warnings what the script found odd
 */
public record PrimaryFacts(
    String release,
    List<AddressRange> crashRanges,
    List<AddressRange> ram,
    long vmcoreinfoAddress,
    int vmcoreinfoSizeBytes,
    List<PciDevice> devices,
    String firmwareTableHex,
    boolean captureKernelLoaded,
    Optional<Integer> insideHandStatus,
    List<String> insideHandLines,
    List<String> messages,
    List<String> warnings) {

  /**
   * A device as the primary kernel sees it.
   *
   * @param address on the bus
   * @param classCode 24 bits: class, subclass, programming interface
   * @param driver bound to it, if any
   * @param iommuGroup its number, if it has one
   * @param groupType the group's kind of domain, as {@code iommu_groups/N/type} gives it: DMA,
   *     DMA-FQ, identity
   */
  public record PciDevice(
      PciAddress address,
      int classCode,
      Optional<String> driver,
      Optional<Integer> iommuGroup,
      Optional<String> groupType) {}

  private static final AddressRange FIRST_MEBIBYTE = AddressRange.ofSize(0, 1 << 20);

  /** {@return the firmware's table of its IOMMUs} */
  byte[] firmwareTable() {
    return HexFormat.of().parseHex(firmwareTableHex);
  }

  /**
   * {@return memory of this kernel's that no kernel writes when it is dead} A capture kernel works
   * in the crash range and in the first MiB.
   */
  List<AddressRange> deadMemory() {
    List<AddressRange> taken = new ArrayList<>(crashRanges);
    taken.add(FIRST_MEBIBYTE);
    return Ranges.without(ram, taken);
  }

  private static final String ABSENT = "-";

  /**
   * {@return the facts in what the primary printed}
   *
   * @throws LabException if one that is needed is missing or not readable
   */
  static PrimaryFacts parse(List<String> console) throws LabException {
    Transcript transcript = new Transcript(console);
    try {
      String[] vmcoreinfo = needed(transcript, "vmcoreinfo").split(" +", -1);
      if (vmcoreinfo.length != 2) {
        throw new IllegalArgumentException("vmcoreinfo is not 'ADDRESS SIZE'");
      }
      return new PrimaryFacts(
          needed(transcript, "primary"),
          transcript.values("crash-range").stream().map(AddressRange::parse).sorted().toList(),
          transcript.values("ram").stream().map(AddressRange::parse).sorted().toList(),
          Hex.parse(vmcoreinfo[0]),
          Math.toIntExact(Hex.parse(vmcoreinfo[1])),
          transcript.values("device").stream().map(PrimaryFacts::device).toList(),
          transcript.value("iommu-table").orElse(""),
          transcript.value("kexec").equals(Optional.of("1")),
          transcript.value("inside-hand").map(Integer::valueOf),
          transcript.values("hand"),
          transcript.values("message"),
          transcript.values("warning"));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new LabException(
          Phase.BOOT, "the primary's report is not readable: " + e.getMessage(), console);
    }
  }

  private static String needed(Transcript transcript, String key) {
    return transcript
        .value(key)
        .orElseThrow(() -> new IllegalArgumentException("no line '" + key + "'"));
  }

  private static PciDevice device(String text) {
    String[] words = text.split(" +", -1);
    if (words.length != 5) {
      throw new IllegalArgumentException("not a device: '" + text + "'");
    }
    return new PciDevice(
        PciAddress.parse(words[0]),
        Math.toIntExact(Hex.parse(words[1])),
        unlessAbsent(words[2]),
        unlessAbsent(words[3]).map(Integer::valueOf),
        unlessAbsent(words[4]));
  }

  private static Optional<String> unlessAbsent(String word) {
    return word.equals(ABSENT) ? Optional.empty() : Optional.of(word);
  }
}
