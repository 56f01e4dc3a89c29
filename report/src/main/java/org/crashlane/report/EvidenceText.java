// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.List;
import java.util.stream.Collectors;
import org.crashlane.bits.Hex;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Obstacle;
import org.crashlane.rule.Reading;
import org.crashlane.rule.Sighting;

/** What shows a finding, for people. */
public final class EvidenceText {
  private EvidenceText() {}

  /** {@return the evidence in words, in one line or several} */
  public static String of(Evidence evidence) {
    return switch (evidence) {
      case Evidence.Amount amount -> of(amount);
      case Evidence.Quote quote -> of(quote);
      case Evidence.Fact fact -> of(fact);
      case Evidence.OfLinux linux -> of(linux);
      case Reading reading -> ReadingText.of(reading);
      case Sighting sighting -> SightingText.of(sighting);
      case Obstacle obstacle -> ObstacleText.of(obstacle);
    };
  }

  /** {@return all of it in one line} */
  static String inOneLine(List<Evidence> evidence) {
    return evidence.stream().map(EvidenceText::of).collect(Collectors.joining("; "));
  }

  private static String of(Evidence.Amount amount) {
    String of = Hex.of(amount.count()) + " of " + Hex.of(amount.total()) + " bytes ";
    return switch (amount.what()) {
      case BYTES_UNMAPPED -> of + "not mapped";
      case BYTES_LACKING_A_RIGHT -> of + "lack a right";
      case BYTES_MAPPED_ELSEWHERE -> of + "mapped elsewhere";
      case DEVICES_ON_DUMP_PATH ->
          "none of its " + amount.total() + " known devices is on the dump path";
      case BYTES_CHANGED_BY_DMA -> "%,d bytes were changed by DMA".formatted(amount.count());
      case BYTES_OF_DUMP_DIFFERENT ->
          "%,d bytes are not what they were at the panic".formatted(amount.count());
      case BYTES_OF_DUMP_WRITTEN_BY_CAPTURE ->
          "%,d of these are in pages that the capture kernel wrote itself"
              .formatted(amount.count());
      case BYTES_WRITTEN_TO_DISK ->
          "%,d bytes were written to the disk after the panic; crashlane reads no file systems"
              .formatted(amount.count());
      case INTERRUPTS_BLOCKED ->
          amount.count() == 0
              ? "in this run no interrupt was seen to be blocked"
              : "in this run %d interrupts were blocked after the panic".formatted(amount.count());
      case COMMANDS_RUN ->
          "had it run " + amount.count() + (amount.count() == 1 ? " command" : " commands");
      case NEW_TABLE_PAGES ->
          "%d new table pages are needed, the arena has %d"
              .formatted(amount.count(), amount.total());
      case BYTES_OF_CRASH_RANGES -> "it has " + Sizes.binary(amount.count());
      case STORES ->
          "%,d stores are more than a journal holds (%,d)"
              .formatted(amount.count(), amount.total());
      case PIECES_TRIED ->
          "no memory was found for new table pages: %d pieces of memory that holds nothing were looked at, and none has enough pages that no device may write"
              .formatted(amount.count());
      case TABLE_PAGES_READ -> "more than %,d table pages".formatted(amount.count());
      case MORE -> "and " + amount.count() + " more";
      case PROCESSORS_BEYOND_XAPIC ->
          "%d of %d processors have an APIC id of 255 or more"
              .formatted(amount.count(), amount.total());
    };
  }

  private static String of(Evidence.Quote quote) {
    return switch (quote.source()) {
      case CAPTURE_KERNEL -> "the capture kernel said: " + quote.line();
      case CONSOLE_END -> "the capture kernel's console ends with: " + quote.line();
      case QEMU_TRACE, DUMP, KEXEC -> quote.line();
    };
  }

  private static String of(Evidence.OfLinux linux) {
    String what =
        switch (linux.what()) {
          case OFF_STOPS_UNITS -> "intel_iommu=off switches units off that run";
          case OFF_LEAVES_UNITS ->
              "amd_iommu=off gives the driver up before it has looked at a unit, so that the IOMMU"
                  + " runs on as the dead kernel left it";
          case DEVICE_TABLE_REUSED ->
              "the driver goes on with the old device table, command buffer and event log in their"
                  + " place, and writes to them";
          case GENERIC_PAGE_TABLES -> "all vendors' page tables are written by one code";
        };
    return "Linux %s and later (%s): %s".formatted(linux.first(), linux.source(), what);
  }

  private static String of(Evidence.Fact fact) {
    return switch (fact) {
      case GUEST_OWNS_DUMP_DEVICE -> "a guest owns it, and the dump goes through it";
      case CACHES_ABSENT ->
          "it may cache entries that are not present (caching mode), and only the kernel that runs"
              + " it can invalidate them";
      case CACHES_ABSENT_NOT_KNOWN ->
          "whether it caches entries that are not present is not known: if it does, what was"
              + " blocked before it was armed may stay blocked";
      case NOT_WHOLE_PAGES -> "it is not whole pages of 4 KiB";
      case NOT_A_CRASH_RANGE -> "it is not a crash range now";
      case IN_FIRST_MEBIBYTE -> "the first MiB is never reserved for a capture kernel";
      case SMALLER_THAN_ANY_KERNEL -> "no capture kernel runs in so little, name it as a whole";
      case ARENA_IN_USE -> "it is in use, or was: not zero, nor left by an earlier arming";
      case ARENA_WRITTEN_BY_DEVICE -> "a device may write it";
      case ARENA_NOT_SAFE -> "it is not known whether a device writes it";
      case AND_MORE -> "and more";
      case FIRST_STAGE_NOT_WRITTEN ->
          "scalable mode without a second level: first-level tables are read, not written";
      case ENTRY_LACKS_RIGHT -> "its own entry lets no more pass, whatever is mapped";
      case NO_ENTRY -> "no entry in the IOMMU's device tables (is a driver bound?)";
      case REACHES_AS_IT_IS -> "passes untranslated, and reaches the crash range as it is";
      case SHARES_TABLE -> "shared with devices that are armed: it too will reach the crash range";
      case NOTHING_TRANSLATED -> "it does not translate: DMA passes as it is";
      case NO_IOMMU -> "the guest has no IOMMU whose tables could be written";
      case GUEST_LIVES ->
          "the crash range has to be mapped for devices, and a living guest is not written to from"
              + " outside: its kernel would come upon the new table pages and leaves without"
              + " knowing them";
      case BUSY -> "another process works on it";
      case CHANGED_SINCE_PLAN -> "since the plan was made";
      case LATER_DEVICES_NOT_ARMED ->
          "a device that is plugged in later is not armed: arm again then";
      case NEW_PAGES_NEVER_TOUCHED -> "the new table pages are memory that nobody has ever touched";
      case NEW_PAGES_IN_FIRST_MEBIBYTE ->
          "the new table pages are zeros in the first MiB, which Linux 5.13 and later leaves alone";
      case NEW_PAGES_OF_ZEROS -> "the new table pages are zeros of the dead kernel's";
      case TRANSLATION_NOT_KNOWN -> "its registers do not show whether it translates";
      case ENCRYPTION_NOT_KNOWN -> "whether memory is encrypted (SME) is not known";
      case ENCRYPTION_OF_ENTRIES_NOT_READ ->
          "whether the table's entries carry the encryption bit is not read";
      case REQUESTS_REACH_CRASH_RANGE -> "its requests reach memory of the crash range";
      case REQUESTS_BLOCKED -> "as the tables are, its requests there are blocked";
      case REQUESTS_NOT_KNOWN -> "it is not known whether its requests get there";
      case JUDGED_NOT_OBSERVED ->
          "predicted from registers and tables, not observed: an emulator may let pass what hardware"
              + " blocks";
      case IO_APIC_IDS_NOT_KNOWN ->
          "their requester ids are not known: legacy interrupts and timers were not checked";
      case WIDE_APIC_IDS ->
          "interrupts are remapped to ids of 32 bits, so that they run in x2APIC mode";
      case X2APIC_IDS_NOT_KNOWN -> "they run in x2APIC mode, and their ids are not known";
      case X2APIC_LOCKED -> "they run in x2APIC mode, and firmware has locked it";
      case X2APIC_LOCK_NOT_KNOWN -> "whether firmware has locked x2APIC mode is not known";
      case X2APIC_LEFT ->
          "they run in x2APIC mode, all ids are below 255: the capture kernel leaves it";
      case X2APIC_OF_KVM ->
          "in a guest of KVM some kernels stay in x2APIC mode without remapping interrupts (since"
              + " Linux 5.11), and whether an interrupt reaches such an id depends on"
              + " kvm-msi-ext-dest-id";
      case X2APIC_IF_THEY_RUN -> "they are in x2APIC mode if they run";
      case X2APIC_ID_PANICS ->
          "a capture kernel that starts on one of these panics (Cannot disable x2apic, id)";
      case PART_OF_CRASH_RANGE_MAPPED ->
          "a part of the crash range, mapped to itself: not what arming leaves";
      case PASSES_UNTRANSLATED -> "its requests pass untranslated";
      case PROTECTION_LEFT_OPEN -> "the manual leaves it to the unit whether they are blocked";
      case RULE_NOT_TESTED -> "the rule was not put to the test";
      case REGISTERS_LOCKED ->
          "SEV-SNP locks the registers that say where tables and buffers are, until it is shut down";
      case TRANSLATING_AT_END -> "translation was on at the end";
      case NOT_TRANSLATING_AT_END ->
          "translation was off at the end: in-flight DMA went to physical memory untranslated";
      case SWITCHED_OFF_WHILE_RUNNING ->
          "the capture kernel switched translation off while devices still ran";
      case IOMMU_NOT_USED -> "Linux runs without the IOMMU: no DMA is translated";
      case ALLOCATOR_NOT_INFORMED -> "armed from outside: its IOVA allocator does not know of it";
      case ALLOCATOR_NOT_INFORMED_YET ->
          "armed from outside: its allocator does not know of it; nothing was handed out yet";
      case BYPASSED_BY_HOST_BRIDGE ->
          "QEMU lets it pass by the IOMMU: its host bridge has bypass_iommu=on";
      case BYPASSED_BY_VIRTIO ->
          "QEMU lets it pass by the IOMMU: a virtio device without iommu_platform=on";
      case REQUESTER_ID_NOT_KNOWN ->
          "whether its requests carry this id is not known: it is behind a bridge that crashlane"
              + " does not know, or behind any on QEMU's AMD IOMMU, which may take them for bus 0's";
      case VIRTIO_IOMMU_NOT_READ ->
          "this guest's IOMMU is a virtio-iommu, which crashlane does not read";
      case READ_WHILE_RUNNING ->
          "read while the guest ran: no directory could be written for the mark by which a guest"
              + " that is left stopped is found (arm's journals, XDG_RUNTIME_DIR or else /run); what"
              + " changed meanwhile may be missing";
      case NO_DISK_NAMED -> "none of them is a disk controller; the guest also has:";
      case DEVICES_NAMED -> "checked for them alone; the guest also has:";
      case USERS_NOT_KNOWN -> "which device that is, is not known";
      case NOT_FIRST_TABLE -> "the table that says so is not the first of its kind";
      case NO_CAPTURE_KERNEL_LOADED ->
          "range not confirmed: no capture kernel is loaded there, since no page of it begins with the ELF header that kexec"
              + " puts into a crash range";
      case CAPTURE_KERNEL_NOT_PROTECTED ->
          "range not confirmed: a capture kernel was loaded there, but the running kernel may write"
              + " to it, which Linux 4.7 and later prevents while one is loaded (in the guest: cat"
              + " /sys/kernel/kexec_crash_loaded)";
      case NO_KERNEL_RUNS ->
          "range not confirmed: a capture kernel was loaded there, but no processor has a kernel's"
              + " page tables that lead to it, as after a reset";
      case CAPTURE_KERNEL_USES_PAGE -> "the capture kernel uses that memory";
      case CAPTURE_KERNEL_RUNS -> "it has crashed, and its capture kernel is running";
      case CAPTURE_KERNEL_RAN_BEFORE ->
          "it ran already when the watch began, or the watch was kept from running for a second:"
              + " its disk driver may have started before the tables were written";
      case LAZY_INVALIDATION ->
          "its domain is of type DMA-FQ: what a driver unmaps may go on working for 10 ms, until"
              + " Linux flushes a queue of it; iommu.strict=1 flushes at once";
      case EMULATOR_LETS_COMPATIBILITY_PASS ->
          "QEMU 7.2 lets compatibility format pass whatever the registers say; hardware does not";
      case CAPTURE_KERNEL_SILENT -> "the capture kernel printed nothing";
      case NOTHING_RECEIVED -> "nothing came over the network";
      case DISK_UNTOUCHED -> "the disk begins with zeros: nothing was written";
      case NO_RELEASE_IN_DUMP -> "an ELF core without VMCOREINFO's OSRELEASE";
    };
  }
}
