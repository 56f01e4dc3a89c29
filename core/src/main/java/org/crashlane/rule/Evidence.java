// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

/** One thing that shows why a finding, a refusal or a note is made. */
public sealed interface Evidence
    permits Evidence.Amount,
        Evidence.Quote,
        Evidence.Fact,
        Evidence.OfLinux,
        Reading,
        Sighting,
        Obstacle {

  /**
   * A part of a whole.
   *
   * @param what what is counted
   * @param count how many of it
   * @param total of how many; 0 where there is no whole
   */
  record Amount(Quantity what, long count, long total) implements Evidence {
    /** A number of things, of no particular whole. */
    public Amount(Quantity what, long count) {
      this(what, count, 0);
    }
  }

  /** What is counted. */
  enum Quantity {
    BYTES_UNMAPPED,
    BYTES_LACKING_A_RIGHT,
    BYTES_MAPPED_ELSEWHERE,
    DEVICES_ON_DUMP_PATH,
    BYTES_CHANGED_BY_DMA,
    /** Bytes of a dump that are not what they were at the panic. */
    BYTES_OF_DUMP_DIFFERENT,
    /** Those of them that the capture kernel wrote itself. */
    BYTES_OF_DUMP_WRITTEN_BY_CAPTURE,
    /** Bytes that reached the dump's disk after the panic. */
    BYTES_WRITTEN_TO_DISK,
    INTERRUPTS_BLOCKED,
    /** Commands that an IOMMU was had to run. */
    COMMANDS_RUN,
    /** Things like the ones before, that are not listed. */
    MORE,
    /** Pages needed, and pages that there are. */
    NEW_TABLE_PAGES,
    /** Bytes of all crash ranges together. */
    BYTES_OF_CRASH_RANGES,
    /** Stores of a plan, and stores that a journal holds. */
    STORES,
    /** Pieces of memory that were looked at for new table pages, and none serves. */
    PIECES_TRIED,
    /** Table pages that were read before the reading was given up. */
    TABLE_PAGES_READ,
    /** Processors whose APIC id is 255 or more. */
    PROCESSORS_BEYOND_XAPIC
  }

  /**
   * What somebody else wrote.
   *
   * @param source who
   * @param line one line of it, safe to print
   */
  record Quote(Source source, String line) implements Evidence {}

  /** Whose words are quoted. */
  enum Source {
    /** The capture kernel, on its console. */
    CAPTURE_KERNEL,
    /** The last lines of the console. */
    CONSOLE_END,
    /** QEMU's trace of its IOMMU. */
    QEMU_TRACE,
    /** The reader of dumps. */
    DUMP,
    /** kexec, when it loads the capture kernel. */
    KEXEC
  }

  /**
   * What a kernel does because of its version.
   *
   * @param what it does
   * @param first the first series that does so
   * @param source a commit of Linux, or a file and what shows it there
   */
  record OfLinux(LinuxChange what, String first, String source) implements Evidence {}

  /** What Linux has come to do otherwise than before. */
  enum LinuxChange {
    /** The option against the driver switches units off that the dead kernel left running. */
    OFF_STOPS_UNITS,
    /** The option against the driver leaves it before it has looked at a unit. */
    OFF_LEAVES_UNITS,
    /** The capture kernel goes on with the old device table in its place. */
    DEVICE_TABLE_REUSED,
    /** One code for all vendors writes page tables. */
    GENERIC_PAGE_TABLES
  }

  /** What has no parameters. */
  enum Fact implements Evidence {
    GUEST_OWNS_DUMP_DEVICE,
    CACHES_ABSENT,
    CACHES_ABSENT_NOT_KNOWN,
    NOT_WHOLE_PAGES,
    /** Something gives away that the range is not reserved for a capture kernel. */
    NOT_A_CRASH_RANGE,
    IN_FIRST_MEBIBYTE,
    SMALLER_THAN_ANY_KERNEL,
    ARENA_IN_USE,
    ARENA_WRITTEN_BY_DEVICE,
    /** It is not known whether a device writes the arena. */
    ARENA_NOT_SAFE,
    /** There are more like the ones before. */
    AND_MORE,
    FIRST_STAGE_NOT_WRITTEN,
    ENTRY_LACKS_RIGHT,
    /** The device tables have no entry for the device. */
    NO_ENTRY,
    REACHES_AS_IT_IS,
    SHARES_TABLE,
    NOTHING_TRANSLATED,
    NO_IOMMU,
    /** A living guest's kernel would come upon what is written. */
    GUEST_LIVES,
    BUSY,
    /** Memory has changed since the plan was made. */
    CHANGED_SINCE_PLAN,
    LATER_DEVICES_NOT_ARMED,
    NEW_PAGES_NEVER_TOUCHED,
    NEW_PAGES_IN_FIRST_MEBIBYTE,
    NEW_PAGES_OF_ZEROS,
    TRANSLATION_NOT_KNOWN,
    ENCRYPTION_NOT_KNOWN,
    ENCRYPTION_OF_ENTRIES_NOT_READ,
    REQUESTS_REACH_CRASH_RANGE,
    REQUESTS_BLOCKED,
    REQUESTS_NOT_KNOWN,
    /** An emulator may let pass what hardware blocks. */
    JUDGED_NOT_OBSERVED,
    IO_APIC_IDS_NOT_KNOWN,
    /** Interrupts are remapped to ids of 32 bits. */
    WIDE_APIC_IDS,
    X2APIC_IDS_NOT_KNOWN,
    X2APIC_LOCKED,
    X2APIC_LOCK_NOT_KNOWN,
    X2APIC_LEFT,
    X2APIC_OF_KVM,
    X2APIC_IF_THEY_RUN,
    /** A capture kernel that starts on a processor with such an id panics. */
    X2APIC_ID_PANICS,
    PART_OF_CRASH_RANGE_MAPPED,
    PASSES_UNTRANSLATED,
    PROTECTION_LEFT_OPEN,
    RULE_NOT_TESTED,
    /** SEV-SNP locks registers that say where tables and buffers are. */
    REGISTERS_LOCKED,
    TRANSLATING_AT_END,
    NOT_TRANSLATING_AT_END,
    SWITCHED_OFF_WHILE_RUNNING,
    /** Linux uses none of the units that a table names. */
    IOMMU_NOT_USED,
    ALLOCATOR_NOT_INFORMED,
    /** The same, and nothing has come of it yet. */
    ALLOCATOR_NOT_INFORMED_YET,
    /** QEMU: bypass_iommu. */
    BYPASSED_BY_HOST_BRIDGE,
    /** QEMU: a virtio device without iommu_platform. */
    BYPASSED_BY_VIRTIO,
    /** Which id requests from behind a bridge carry. */
    REQUESTER_ID_NOT_KNOWN,
    VIRTIO_IOMMU_NOT_READ,
    READ_WHILE_RUNNING,
    NO_DISK_NAMED,
    DEVICES_NAMED,
    USERS_NOT_KNOWN,
    NOT_FIRST_TABLE,
    NO_CAPTURE_KERNEL_LOADED,
    /** The running kernel may write where a loaded one would be. */
    CAPTURE_KERNEL_NOT_PROTECTED,
    /** No processor uses page tables of a kernel that has that memory. */
    NO_KERNEL_RUNS,
    CAPTURE_KERNEL_USES_PAGE,
    /** The capture kernel ran before the tables were written. */
    CAPTURE_KERNEL_RAN_BEFORE,
    /** A processor's page tables are the capture kernel's. */
    CAPTURE_KERNEL_RUNS,
    /** Its domain is of Linux's type DMA-FQ: unmapped addresses work on until a flush. */
    LAZY_INVALIDATION,
    EMULATOR_LETS_COMPATIBILITY_PASS,
    CAPTURE_KERNEL_SILENT,
    /** The disk begins with zeros: nothing was written. */
    DISK_UNTOUCHED,
    NOTHING_RECEIVED,
    /** An ELF core that names no kernel release. */
    NO_RELEASE_IN_DUMP
  }
}
