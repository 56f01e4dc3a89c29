// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.BlockReason;

/**
 * Why a unit blocked a request, as the FR field of a fault record has it (VT-d specification,
 * "Fault Conditions"; meanings as in Linux 6.0 drivers/iommu/intel/dmar.c, conditions as in
 * VirtualBox iommu-intel.h).
 *
 * <p>A <em>qualified</em> reason is not recorded where an entry's FPD bit is one; the others always
 * are: they are found before such an entry is known. In legacy mode that is VirtualBox's reading
 * (DevIommuIntel.cpp); QEMU's is the same but for {@link #CONTEXT_RESERVED}, which its table of
 * qualified faults leaves out.
 */
public enum FaultReason implements BlockReason {
  ROOT_NOT_PRESENT(0x1, "LRT.2", false, "present bit in root entry is clear"),
  CONTEXT_NOT_PRESENT(0x2, "LCT.2", true, "present bit in context entry is clear"),
  CONTEXT_INVALID(0x3, "LCT.4", true, "invalid context entry"),
  ADDRESS_BEYOND_WIDTH(0x4, "LGN.1", true, "access beyond MGAW or AGAW"),
  NO_WRITE_PERMISSION(0x5, "LGN.2", true, "write permission is not set"),
  NO_READ_PERMISSION(0x6, "LGN.3", true, "read permission is not set"),
  TABLE_ACCESS(0x7, "LSL.1", true, "next page table pointer is invalid"),
  ROOT_ACCESS(0x8, "LRT.1", false, "root table address is invalid"),
  CONTEXT_ACCESS(0x9, "LCT.1", false, "context table pointer is invalid"),
  ROOT_RESERVED(0xa, "LRT.3", false, "non-zero reserved field in root entry"),
  CONTEXT_RESERVED(0xb, "LCT.3", true, "non-zero reserved field in context entry"),
  ENTRY_RESERVED(0xc, "LSL.2", true, "non-zero reserved field in paging entry"),
  TRANSLATION_BLOCKED(0xd, "LCT.5", true, "translation type blocks translation requests"),
  OUTPUT_IN_INTERRUPT_RANGE(0xe, "LGN.4", true, "translated address is in the interrupt range"),

  INTERRUPT_REQUEST_RESERVED(0x20, "IR", true, "reserved field set in interrupt request"),
  INTERRUPT_INDEX(0x21, "IR", true, "interrupt index exceeds the remapping table"),
  INTERRUPT_NOT_PRESENT(0x22, "IR", true, "present bit in remapping entry is clear"),
  INTERRUPT_TABLE_ACCESS(0x23, "IR", false, "error reading the remapping table"),
  INTERRUPT_ENTRY_RESERVED(0x24, "IR", true, "reserved field set in remapping entry"),
  INTERRUPT_COMPATIBILITY(0x25, "IR", true, "compatibility format interrupt is blocked"),
  INTERRUPT_SOURCE(0x26, "IR", true, "interrupt source is not the entry's"),
  INTERRUPT_POSTED_ACCESS(0x27, "IR", false, "error reading the posted interrupt descriptor"),
  INTERRUPT_POSTED_RESERVED(0x28, "IR", true, "reserved field set in posted descriptor"),
  INTERRUPT_UNTRANSLATED(0x29, "IR", true, "invalid untranslated interrupt request"),

  MODE_INVALID(0x30, "RTA.1", false, "invalid translation table mode in root table address"),
  MODE_PASID(0x31, "RTA.2", false, "request with PASID in legacy mode"),
  MODE_PAGE_GROUP(0x32, "RTA.3", false, "page group request in legacy mode"),
  MODE_ABORT(0x33, "RTA.4", false, "translation table mode aborts DMA"),
  SCALABLE_ROOT_ACCESS(0x38, "SRT.1", false, "error accessing root entry"),
  SCALABLE_ROOT_NOT_PRESENT(0x39, "SRT.2", false, "present bit in root entry is clear"),
  SCALABLE_ROOT_RESERVED(0x3a, "SRT.3", false, "non-zero reserved field in root entry"),
  SCALABLE_CONTEXT_ACCESS(0x40, "SCT.1", false, "error accessing context entry"),
  SCALABLE_CONTEXT_NOT_PRESENT(0x41, "SCT.2", true, "present bit in context entry is clear"),
  SCALABLE_CONTEXT_RESERVED(0x42, "SCT.3", true, "non-zero reserved field in context entry"),
  SCALABLE_CONTEXT_INVALID(0x43, "SCT.4", true, "invalid context entry"),
  CONTEXT_DTE_CLEAR(0x44, "SCT.5", true, "DTE in context entry is clear"),
  CONTEXT_PASIDE_CLEAR(0x45, "SCT.6", true, "PASID enable in context entry is clear"),
  PASID_TOO_LARGE(0x46, "SCT.7", true, "PASID is larger than the context entry allows"),
  CONTEXT_PRE_CLEAR(0x47, "SCT.8", true, "PRE in context entry is clear"),
  RID_PASID(0x48, "SCT.9", true, "RID_PASID error in context entry"),
  DIRECTORY_ACCESS(0x50, "SPD.1", true, "error accessing PASID directory entry"),
  DIRECTORY_NOT_PRESENT(0x51, "SPD.2", true, "present bit in PASID directory entry is clear"),
  DIRECTORY_RESERVED(0x52, "SPD.3", true, "non-zero reserved field in PASID directory entry"),
  PASID_ACCESS(0x58, "SPT.1", true, "error accessing PASID table entry"),
  PASID_NOT_PRESENT(0x59, "SPT.2", true, "present bit in PASID table entry is clear"),
  PASID_RESERVED(0x5a, "SPT.3", true, "non-zero reserved field in PASID table entry"),
  PASID_INVALID(0x5b, "SPT.4", true, "invalid PASID table entry"),
  ERE_CLEAR(0x5c, "SPT.5", true, "ERE in PASID table entry is clear"),
  SRE_CLEAR(0x5d, "SPT.6", true, "SRE in PASID table entry is clear"),
  FIRST_LEVEL_ACCESS(0x70, "SFL.1", true, "error accessing first-level paging entry"),
  FIRST_LEVEL_NOT_PRESENT(0x71, "SFL.2", true, "present bit in first-level entry is clear"),
  FIRST_LEVEL_RESERVED(0x72, "SFL.3", true, "non-zero reserved field in first-level entry"),
  FIRST_LEVEL_TOP_ACCESS(0x73, "SFL.4", true, "error accessing the first-level top table"),
  NESTED_ADDRESS(0x74, "SFL.5", true, "first-level entry address beyond MGAW, nested"),
  NESTED_TOP_READ(0x75, "SFL.6", true, "no read permission for the top table, nested"),
  NESTED_READ(0x76, "SFL.7", true, "no read permission for a first-level entry, nested"),
  NESTED_WRITE(0x77, "SFL.8", true, "no write permission for a first-level entry, nested"),
  SECOND_LEVEL_ACCESS(0x78, "SSL.1", true, "error accessing second-level paging entry"),
  SECOND_LEVEL_PERMISSION(0x79, "SSL.2", true, "permission error in second-level entry"),
  SECOND_LEVEL_RESERVED(0x7a, "SSL.3", true, "non-zero reserved field in second-level entry"),
  SECOND_LEVEL_POINTER(0x7b, "SSL.4", true, "invalid second-level page table pointer"),
  SECOND_LEVEL_NO_SNOOP(0x7c, "SSL.5", true, "A/D update needed in no-snoop second-level entry"),
  NOT_CANONICAL(0x80, "SGN.1", true, "address in first-level translation is not canonical"),
  USER_PRIVILEGE(0x81, "SGN.2", true, "supervisor page for request with user privilege"),
  NO_EXECUTE(0x82, "SGN.3", true, "no execute permission"),
  ADDRESS_BEYOND_HARDWARE(0x83, "SGN.4", true, "address beyond what hardware supports"),
  SECOND_LEVEL_ADDRESS(0x84, "SGN.5", true, "address beyond the second level's width"),
  SCALABLE_NO_WRITE(0x85, "SGN.6", true, "no write permission"),
  SCALABLE_NO_READ(0x86, "SGN.7", true, "no read permission"),
  SCALABLE_INTERRUPT_RANGE(0x87, "SGN.8", true, "address is in the interrupt range"),
  FIRST_LEVEL_NO_SNOOP(0x90, "SFL.9", true, "A/D update needed in no-snoop first-level entry");

  private static final Map<Integer, FaultReason> BY_CODE =
      Stream.of(values())
          .collect(Collectors.toUnmodifiableMap(FaultReason::code, Function.identity()));

  private final int code;
  private final String condition;
  private final boolean qualified;
  private final String meaning;

  FaultReason(int code, String condition, boolean qualified, String meaning) {
    this.code = code;
    this.condition = condition;
    this.qualified = qualified;
    this.meaning = meaning;
  }

  /** {@return the reason with this code, or nothing for a code that is not known} */
  public static Optional<FaultReason> of(int code) {
    return Optional.ofNullable(BY_CODE.get(code));
  }

  /** {@return the value of FR, 0 to 255} */
  public int code() {
    return code;
  }

  /** {@return the manual's name of the condition} */
  public String condition() {
    return condition;
  }

  @Override
  public int number(Access access) {
    return code;
  }

  /** {@return true if FPD keeps the fault from being recorded} */
  @Override
  public boolean qualified() {
    return qualified;
  }

  @Override
  public String meaning() {
    return meaning;
  }
}
