// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

/**
 * Offsets and values of 64-bit ELF that core files use, named as in {@code elf.h} (System V ABI,
 * gABI 4.1, chapters 4 and 5; Linux {@code include/uapi/linux/elf.h}).
 */
final class ElfLayout {
  private ElfLayout() {}

  // Elf64_Ehdr
  static final int EHDR_BYTES = 64;
  static final int EI_MAG = 0;
  static final int EI_CLASS = 4;
  static final int EI_DATA = 5;
  static final int E_TYPE = 16;
  static final int E_MACHINE = 18;
  static final int E_PHOFF = 32;
  static final int E_SHOFF = 40;
  static final int E_FLAGS = 48;
  static final int E_PHENTSIZE = 54;
  static final int E_PHNUM = 56;

  /** 0x7f, 'E', 'L', 'F' read as one little-endian word. */
  static final int ELFMAG = 0x464c457f;

  static final int ELFCLASS64 = 2;
  static final int ELFDATA2LSB = 1;
  static final int ET_CORE = 4;

  /** In e_phnum: the count did not fit and is in sh_info of section header 0. */
  static final int PN_XNUM = 0xffff;

  /** In e_flags, by makedumpfile's own agreement: the dump was not finished. */
  static final int DUMP_ELF_INCOMPLETE = 1;

  // Elf64_Shdr
  static final int SHDR_BYTES = 64;
  static final int SH_INFO = 44;

  // Elf64_Phdr
  static final int PHDR_BYTES = 56;
  static final int P_TYPE = 0;
  static final int P_OFFSET = 8;
  static final int P_VADDR = 16;
  static final int P_PADDR = 24;
  static final int P_FILESZ = 32;
  static final int P_MEMSZ = 40;

  static final int PT_LOAD = 1;
  static final int PT_NOTE = 4;

  /** p_paddr of a kcore segment that is not one run of physical memory (vmalloc, modules). */
  static final long NO_PHYSICAL_ADDRESS = -1;

  // Elf64_Nhdr: three words, then name and descriptor, each filled up to NOTE_ALIGN_BYTES
  static final int NHDR_BYTES = 12;
  static final int N_NAMESZ = 0;
  static final int N_DESCSZ = 4;
  static final int N_TYPE = 8;
  static final int NOTE_ALIGN_BYTES = 4;
}
