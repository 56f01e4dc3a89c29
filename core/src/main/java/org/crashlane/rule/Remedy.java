// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

import java.util.List;
import org.crashlane.interrupt.InterruptPreparation.Hindrance;

/** One thing to do about a finding or a refusal. */
public sealed interface Remedy {

  /** Which kernel an option is for. */
  enum Kernel {
    PRIMARY,
    CAPTURE
  }

  /** Options of a kernel's command line. */
  enum KernelOption implements Remedy {
    /** Interrupts are not remapped: messages pass as they are sent. */
    NO_INTERRUPT_REMAPPING(Kernel.PRIMARY, "intremap=off"),
    /** The same for a primary that would run in x2APIC mode. */
    NO_INTERRUPT_REMAPPING_NOR_X2APIC(Kernel.PRIMARY, "intremap=off nox2apic"),
    /** Interrupts come from the IOAPIC. */
    NO_MSI(Kernel.CAPTURE, "pci=nomsi"),
    /** Interrupts come from the 8259. */
    NO_IO_APIC_NOR_MSI(Kernel.CAPTURE, "noapic pci=nomsi"),
    /** Memory is not encrypted. */
    NO_MEMORY_ENCRYPTION(Kernel.PRIMARY, "mem_encrypt=off"),
    /** Buffers are bounced: for a device whose rings do not reach the encryption bit. */
    BOUNCED(Kernel.CAPTURE, "swiotlb=force"),
    /** A range below 4 GiB, besides one above. */
    LOW_CRASH_RANGE(Kernel.PRIMARY, "crashkernel=SIZE,low"),
    /** A larger crash range. */
    LARGER_CRASH_RANGE(Kernel.PRIMARY, "crashkernel=SIZE"),
    /** A crash range that lies elsewhere. */
    OTHER_CRASH_RANGE(Kernel.PRIMARY, "crashkernel=SIZE@OFFSET");

    private final Kernel kernel;
    private final String option;

    KernelOption(Kernel kernel, String option) {
      this.kernel = kernel;
      this.option = option;
    }

    /** {@return whose command line it is for} */
    public Kernel kernel() {
      return kernel;
    }

    /** {@return as it is written there; words in capitals are to be replaced} */
    public String option() {
      return option;
    }
  }

  /**
   * A crash range that a device or a table reaches.
   *
   * @param limit the first address that lies too high
   */
  record CrashRangeBelow(long limit) implements Remedy {}

  /**
   * Memory that no kernel uses, for new tables: {@code memmap=} on the primary's command line.
   *
   * @param sizeBytes how much
   */
  record ReserveArena(long sizeBytes) implements Remedy {}

  /**
   * Entries of the interrupt table can be prepared before the crash.
   *
   * @param entryCount how many; 0 if nothing can be prepared
   * @param obstacles what keeps others from being prepared
   */
  record PrepareInterrupts(int entryCount, List<Hindrance> obstacles) implements Remedy {
    public PrepareInterrupts {
      obstacles = List.copyOf(obstacles);
    }
  }

  /** What to do that has no parameters. */
  enum Step implements Remedy {
    /** Map the crash range to itself in this table, before the crash. */
    ARM,
    MAP_DOORBELL,
    /** Arm the primary: then this capture kernel does what the rule asks. */
    ARM_PRIMARY,
    /** Have a driver bound, so that the device has a domain, then arm. */
    BIND_AND_ARM,
    /** Arm from inside, by the crashlane_arm module. */
    ARM_INSIDE,
    /** Arm from inside, early enough that no driver has mapped anything in the crash range. */
    ARM_INSIDE_EARLY,
    /** Arm once the guest has crashed (--when-crashed). */
    ARM_WHEN_CRASHED,
    /** Arm fewer devices or a smaller range. */
    ARM_LESS,
    /** Take back what was armed before. */
    DISARM_FIRST,
    /** Keep the crash range out of the IOVA allocator before any driver maps. */
    RESERVE_IOVAS,
    /** Reserve the range in the primary kernel, too, as its crashlane_arm module does. */
    RESERVE_IOVAS_LATER,
    /** Name the range that /proc/iomem has as "Crash kernel". */
    NAME_CRASH_RANGE,
    /** Load the capture kernel. */
    LOAD_CAPTURE_KERNEL,
    /** Reserve the crash range elsewhere. */
    MOVE_CRASH_RANGE,
    /** Give the mask, as sysfs has it. */
    GIVE_DMA_MASK,
    /** Give the ACPI table that has the IOAPICs' requester ids. */
    GIVE_ACPI_TABLE,
    /** Name the device that the dump goes through. */
    NAME_DUMP_DEVICE,
    /** Name the disk controller that the dump goes through, or no device at all. */
    NAME_DISK_OR_NONE,
    /** Send the dump through a device of the host's own. */
    USE_HOST_DEVICE,
    /** Leave a guest's device out of what is armed. */
    LEAVE_GUEST_OUT,
    /** Give a guest's device a table of the guest's memory and nothing besides. */
    CONFINE_GUEST,
    /** Let the primary give the device both rights in its entry. */
    GIVE_BOTH_RIGHTS,
    /** Stop the device before the capture kernel runs. */
    STOP_DEVICE,
    /** The primary kernel must not map pages of the crash range for devices. */
    MAP_NO_CRASH_PAGES,
    /** Find out who has the device use these pages. */
    FIND_MAPPER,
    /** The crash range is judged by the other entries. */
    JUDGED_BY_REST,
    /** Make the tables readable, or arm from inside. */
    MAKE_READABLE,
    /**
     * Have the primary map these pages by entries of which the manual says what becomes of them.
     */
    MAP_BY_SETTLED_ENTRIES,
    /** Leave translation running until the devices are reset. */
    KEEP_TRANSLATING,
    /** Build tables outside the crash range. */
    BUILD_TABLES_ELSEWHERE,
    /** Unmap the pages of tables that a device may write. */
    UNMAP_TABLES,
    /** Raise the limits of the audit. */
    RAISE_LIMITS,
    /** Map the crash range twice: without and with the memory encryption bit. */
    MAP_TWICE,
    /**
     * Have firmware leave protection of memory from DMA off, or the primary switch the IOMMU on.
     */
    LIFT_PROTECTION,
    /** Report the region to the firmware's vendor. */
    REPORT_REGION,
    /** Have the firmware's vendor correct the table. */
    CORRECT_FIRMWARE_TABLE,
    /** Look for regions over the crash range in the guest's own ACPI tables. */
    SHOW_ACPI,
    /** Disable x2APIC in firmware, so that the primary runs in xAPIC mode. */
    DISABLE_X2APIC,
    /** Let the capture kernel have the IOMMU's interrupt remapping. */
    REMAP_IN_CAPTURE_KERNEL,
    /** Have the primary let interrupts in compatibility format pass (GCMD.CFI). */
    LET_COMPATIBILITY_PASS,
    /** Hide the IOMMU from the capture kernel. */
    HIDE_IOMMU,
    /** Keep the capture kernel from touching the IOMMU. */
    KEEP_HANDS_OFF,
    /** Leave the aperture out of the dump. */
    LEAVE_APERTURE_OUT,
    /** Mend the primary's mapping driver. */
    MEND_DRIVER,
    /** Fix the findings before this one. */
    FIX_OTHERS,
    /** Have QEMU write the guest's memory into a file. */
    DUMP_FROM_HOST,
    /** Have a running capture kernel start its disk's driver again, once the guest is armed. */
    REBIND_DISK,
    /** Look whether there is a dump, and begin to watch before the crash. */
    WATCH_EARLIER,
    /** Use a capture kernel of Linux 5.13 or later, or arm from inside. */
    USE_LATER_KERNEL,
    /** Use a capture kernel that goes on with the old tables. */
    REUSE_TABLES,
    /** Give the guest an IOMMU that is read here. */
    USE_READ_IOMMU,
    /** Name a folder for the journal that can be written. */
    NAME_JOURNAL_FOLDER,
    /** Nothing has to be done. */
    NOTHING
  }
}
