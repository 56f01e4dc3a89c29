// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.List;
import java.util.stream.Collectors;
import org.crashlane.bits.Hex;
import org.crashlane.interrupt.InterruptPreparation.Hindrance;
import org.crashlane.rehearsal.Adoption;
import org.crashlane.rehearsal.LinuxSetting;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Remedy;

/** What to do about findings, for people. */
final class RemedyText {
  private static final String REUSE_SHOWN = "crashlane rehearse snp-reuse";

  private RemedyText() {}

  /** {@return all of {@code remedies}, any of which helps, in one sentence; empty for none} */
  static String of(List<Remedy> remedies) {
    return remedies.stream().map(RemedyText::of).collect(Collectors.joining("; or "));
  }

  static String of(Remedy remedy) {
    return switch (remedy) {
      case Remedy.KernelOption option ->
          "boot the %s kernel with %s%s"
              .formatted(
                  option.kernel() == Remedy.Kernel.PRIMARY ? "primary" : "capture",
                  option.option(),
                  because(option));
      case Remedy.CrashRangeBelow(long limit) -> "reserve a crash range below " + Hex.of(limit);
      case Remedy.ReserveArena(long sizeBytes) ->
          "reserve %s that no kernel uses (memmap= on the primary's command line) and name it as the arena"
              .formatted(Sizes.binary(sizeBytes));
      case Remedy.PrepareInterrupts(int count, var obstacles) when count == 0 ->
          "nothing can be prepared in the tables: " + all(obstacles);
      case Remedy.PrepareInterrupts(int count, var obstacles) ->
          "prepare %d entries of the interrupt table before the crash%s"
              .formatted(count, obstacles.isEmpty() ? "" : " (not helped: " + all(obstacles) + ")");
      case Remedy.Step step -> of(step);
    };
  }

  /** {@return what to set for a strategy, and which one that is} */
  static String of(LinuxSetting setting) {
    String shown = "--strategy " + setting.strategy().label();
    boolean isReused = setting.adoption() == Adoption.REUSE;
    boolean isCopied = !isReused && setting.means() == LinuxSetting.Means.NO_PARAMETER;
    return "%s; see %s%s"
        .formatted(
            change(setting),
            isReused ? REUSE_SHOWN : shown,
            isCopied ? " (with SEV-SNP: %s)".formatted(REUSE_SHOWN) : "");
  }

  private static String change(LinuxSetting setting) {
    String versions = StrategyReport.since(setting.linux());
    return switch (setting.means()) {
      case HIDDEN_TABLE ->
          "arm the first kernel, and hide the DMAR from the capture kernel (scripts/hide-dmar):"
              + " hiding alone loses the dump (A1), and so may remapped interrupts (C3)";
      case PARAMETER -> {
        String add =
            "add %s to the capture kernel's command line (%s)"
                .formatted(setting.parameter(), versions);
        yield setting.strategy() == Strategy.IDENTITY
            ? "arm the first kernel, and "
                + add
                + ": the option alone loses the dump (A1), and so may remapped interrupts (C3)"
            : add;
      }
      case NO_PARAMETER ->
          switch (setting.adoption()) {
            case COPY ->
                "let the capture kernel's driver use the IOMMU, without amd_iommu=off (%s; with"
                        .formatted(StrategyReport.since(setting.versions()))
                    + " SEV-SNP guests %s)".formatted(reusing(setting));
            case REUSE ->
                "use a capture kernel of %s, which goes on with the old tables".formatted(versions);
          };
    };
  }

  /** {@return since when old tables are gone on with} */
  private static String reusing(LinuxSetting setting) {
    return LinuxSetting.of(Adoption.REUSE, setting.mode())
        .map(s -> s.linux().first() + " or later")
        .orElseThrow();
  }

  private static String all(List<Hindrance> obstacles) {
    return obstacles.stream().map(ReasonText::of).collect(Collectors.joining("; "));
  }

  private static String because(Remedy.KernelOption option) {
    return switch (option) {
      case NO_INTERRUPT_REMAPPING, NO_INTERRUPT_REMAPPING_NOR_X2APIC ->
          ": messages then pass as they are sent (intremap=off of QEMU's IOMMU does the same for a"
              + " guest)";
      case NO_MSI -> ": the IOAPIC's interrupts arrive";
      case NO_IO_APIC_NOR_MSI ->
          ": legacy interrupts then come from the 8259 and not by messages that the IOMMU sees (so"
              + " under QEMU; on hardware the chipset decides); irqpoll and pci=nomsi alone do not"
              + " help, since the IOAPIC's messages pass the IOMMU too";
      case NO_MEMORY_ENCRYPTION -> "";
      case BOUNCED ->
          ": a device whose coherent mask does not reach the bit then needs the crash range at its"
              + " own addresses alone";
      case LOW_CRASH_RANGE -> ": a crash range below 4 GiB too";
      case LARGER_CRASH_RANGE -> ": a larger crash range";
      case OTHER_CRASH_RANGE -> ": a crash range elsewhere";
    };
  }

  private static String of(Remedy.Step step) {
    return switch (step) {
      case ARM -> "identity-map the crash range in this table before the crash";
      case MAP_DOORBELL ->
          "identity-map the page that takes interrupts, for writing, in this table before the crash";
      case ARM_PRIMARY ->
          "arm the primary: with the crash range identity-mapped this capture kernel does what the"
              + " rule asks";
      case BIND_AND_ARM ->
          "bind a driver to the device in the primary kernel, so that it has a domain, then arm it";
      case ARM_INSIDE -> "arm it from inside, by the crashlane_arm module";
      case ARM_INSIDE_EARLY ->
          "keep the crash range out of the IOVA allocator: arm inside the primary, early";
      case ARM_WHEN_CRASHED ->
          "arm it when it has crashed (--when-crashed; --dry-run shows what that writes)";
      case ARM_LESS -> "arm fewer devices or a smaller range";
      case DISARM_FIRST -> "disarm it first";
      case RESERVE_IOVAS -> "keep the crash range out of the IOVA allocator before any driver maps";
      case RESERVE_IOVAS_LATER ->
          "reserve the range in the primary kernel too: its crashlane_arm module does, also later";
      case NAME_CRASH_RANGE ->
          "name what the guest's /proc/iomem calls \"Crash kernel\"; it moves from boot to boot";
      case LOAD_CAPTURE_KERNEL ->
          "load the capture kernel (kexec -p, or start the kdump service), and name what the guest's /proc/iomem calls \"Crash kernel\"";
      case MOVE_CRASH_RANGE -> "reserve the crash range elsewhere";
      case GIVE_DMA_MASK -> "give the mask (sysfs: dma_mask_bits, consistent_dma_mask_bits)";
      case GIVE_ACPI_TABLE -> "give the ACPI table (DMAR or IVRS) that has them";
      case NAME_DUMP_DEVICE -> "name the device that the dump goes through (--device)";
      case NAME_DISK_OR_NONE ->
          "name the disk controller that the dump goes through, or no device at all";
      case USE_HOST_DEVICE ->
          "send the dump through a device of the host's own: to arm this one would let the guest"
              + " write the crash range";
      case LEAVE_GUEST_OUT ->
          "leave the device out of what is armed: the guest could write the crash range";
      case CONFINE_GUEST -> "give it a table of the guest's memory, and nothing besides";
      case GIVE_BOTH_RIGHTS -> "let the primary give the device both rights in its entry";
      case STOP_DEVICE ->
          "no table keeps its in-flight DMA out there: stop the device before the capture kernel"
              + " runs";
      case MAP_NO_CRASH_PAGES ->
          "the primary kernel must not map pages of the crash range for devices";
      case FIND_MAPPER ->
          "find out who has the device use these pages (firmware's regions: RMRR, IVMD)";
      case JUDGED_BY_REST ->
          "requests to these IOVAs fault; the rest decides about the crash range";
      case MAKE_READABLE ->
          "make the tables readable, or arm the device from inside the primary kernel";
      case MAP_BY_SETTLED_ENTRIES ->
          "the hardware decides: have the primary map these pages by entries of which its manual"
              + " says what becomes of them";
      case KEEP_TRANSLATING ->
          "leave translation running until the devices are reset: in-flight DMA then keeps to what"
              + " was mapped for it";
      case BUILD_TABLES_ELSEWHERE ->
          "the capture kernel will overwrite them: build tables outside the crash range";
      case UNMAP_TABLES -> "a device may write the tables it is translated by: unmap these pages";
      case RAISE_LIMITS -> "raise the limits if these tables are rightly so large";
      case MAP_TWICE ->
          "map the crash range twice, at its own addresses in entries without the bit, and at"
              + " addresses with the bit in entries with it";
      case LIFT_PROTECTION ->
          "have firmware leave protection of memory from DMA off, or boot the primary with the"
              + " IOMMU on: Linux clears it when it enables translation";
      case REPORT_REGION ->
          "report the region to the firmware's vendor, for it to be moved: it lies in ordinary memory";
      case CORRECT_FIRMWARE_TABLE ->
          "have the firmware's vendor correct the table: until then nothing confines DMA";
      case SHOW_ACPI ->
          "look for RMRR structures and IVMD blocks over the crash range: crashlane acpi show, with"
              + " the guest's /sys/firmware/acpi/tables/DMAR or IVRS, and APIC";
      case DISABLE_X2APIC ->
          "disable x2APIC in firmware, so that the primary runs in xAPIC mode (noapic in the"
              + " capture kernel leaves the mode alone but has no IOAPIC)";
      case REMAP_IN_CAPTURE_KERNEL -> "let the capture kernel have the IOMMU's interrupt remapping";
      case LET_COMPATIBILITY_PASS ->
          "let the primary set GCMD.CFI: IRTA.EIME=0, so messages in compatibility format then pass"
              + " (no option of Linux does so)";
      case HIDE_IOMMU ->
          "arm the first kernel, and hide the IOMMU's ACPI table from the capture kernel, or build it"
              + " without the driver: hiding alone loses the dump (A1)";
      case KEEP_HANDS_OFF ->
          "arm the first kernel, and keep the capture kernel from seeing the IOMMU: switching it off"
              + " is a write too, and hiding alone loses the dump (A1)";
      case LEAVE_APERTURE_OUT -> "leave the aperture out of the dump";
      case MEND_DRIVER -> "fix the primary's mapping driver";
      case FIX_OTHERS -> "fix the findings listed before it";
      case DUMP_FROM_HOST ->
          "have QEMU write the memory, without the guest's help: virsh dump --memory-only GUEST"
              + " FILE, or dump-guest-memory of QMP";
      case REBIND_DISK ->
          "once it is armed (--when-crashed), start the disk's driver again in the capture kernel's"
              + " shell: echo 0000:BB:DD.F >/sys/bus/pci/drivers/nvme/bind";
      case WATCH_EARLIER ->
          "look whether there is a dump; if not, start the disk's driver again in the capture"
              + " kernel's shell: echo 0000:BB:DD.F >/sys/bus/pci/drivers/nvme/bind";
      case REUSE_TABLES ->
          "use a capture kernel of Linux 6.18 or later, which goes on with the old tables";
      case USE_LATER_KERNEL -> "use a capture kernel of Linux 5.13 or later, or arm from inside";
      case USE_READ_IOMMU -> "give the guest -device intel-iommu or amd-iommu";
      case NAME_JOURNAL_FOLDER -> "name a directory that can be written by --journal";
      case NOTHING -> "nothing has to be done for the dump";
    };
  }
}
