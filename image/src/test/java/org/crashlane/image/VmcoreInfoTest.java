// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import static org.crashlane.image.CoreBuilder.note;
import static org.crashlane.image.CoreBuilder.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.memory.SparseMemory;
import org.crashlane.memory.UnreadableMemoryException;
import org.junit.jupiter.api.Test;

final class VmcoreInfoTest {
  /** Lines of a Debian 12 guest (Linux 6.1, x86-64, KASLR on), shortened. */
  private static final String REAL =
      """
      OSRELEASE=6.1.0-56-cloud-amd64
      BUILD-ID=3b43fad5034874490492495d552c0af6a5fab235
      PAGESIZE=4096
      SYMBOL(init_uts_ns)=ffffffff8fa1b4c0
      SYMBOL(_stext)=ffffffff8ea00000
      SIZE(page)=64
      OFFSET(page.flags)=0
      OFFSET(list_head.next)=0
      LENGTH(mem_section)=2048
      NUMBER(NR_FREE_PAGES)=0
      NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129
      NUMBER(phys_base)=71303168
      KERNELOFFSET=da00000
      NUMBER(KERNEL_IMAGE_SIZE)=1073741824
      NUMBER(sme_mask)=0
      CRASHTIME=1700000000
      """;

  private static VmcoreInfo parse(String lines) {
    return VmcoreInfo.parse("test", ByteBuffer.wrap(text(lines)));
  }

  @Test
  void eachKindOfValueIsReadInItsOwnBase() {
    VmcoreInfo info = parse(REAL);
    assertEquals(Optional.of("6.1.0-56-cloud-amd64"), info.osRelease());
    assertEquals(Optional.of("3b43fad5034874490492495d552c0af6a5fab235"), info.buildId());
    assertEquals(OptionalLong.of(4096), info.pageSizeBytes());
    assertEquals(OptionalLong.of(0xda00000), info.kernelOffset());
    assertEquals(OptionalLong.of(1_700_000_000), info.crashTimeSeconds());
    assertEquals(OptionalLong.of(0xffffffff8ea00000L), info.symbol("_stext"));
    assertEquals(OptionalLong.of(-129), info.number("PAGE_BUDDY_MAPCOUNT_VALUE"));
    assertEquals(OptionalLong.of(64), info.sizeBytes("page"));
    assertEquals(OptionalLong.of(0), info.offsetBytes("list_head.next"));
    assertEquals(OptionalLong.of(2048), info.length("mem_section"));
    assertEquals(List.of(), info.problems());
    assertEquals("OSRELEASE", info.values().keySet().iterator().next());
  }

  @Test
  void kernelTextLiesAtItsVirtualAddressLessTheTextMappingPlusPhysBase() {
    // The guest's own /proc/iomem said "12e00000-13c01ef1 : Kernel code".
    assertEquals(OptionalLong.of(0x12e00000), parse(REAL).kernelTextPhysical());
  }

  @Test
  void physBaseMayBeNegative() {
    // Another boot of that guest; its /proc/iomem said "13c00000-14a01ef1 : Kernel code".
    VmcoreInfo info = parse("SYMBOL(_stext)=ffffffffa9a00000\nNUMBER(phys_base)=-367001600\n");
    assertEquals(OptionalLong.of(0x13c00000), info.kernelTextPhysical());
  }

  @Test
  void kernelTextIsUnknownWithoutPhysBaseOrWithoutTheSymbol() {
    assertEquals(
        OptionalLong.empty(), parse("SYMBOL(_stext)=ffffffff81000000").kernelTextPhysical());
    assertEquals(OptionalLong.empty(), parse("NUMBER(phys_base)=0").kernelTextPhysical());
  }

  @Test
  void aNumberWrittenInHexadecimalIsReadSo() {
    // arm64 writes NUMBER(kimage_voffset) and NUMBER(PHYS_OFFSET) that way.
    VmcoreInfo info = parse("NUMBER(kimage_voffset)=0xffff7fffc0000000");
    assertEquals(OptionalLong.of(0xffff7fffc0000000L), info.number("kimage_voffset"));
  }

  @Test
  void whatIsMissingIsEmpty() {
    VmcoreInfo info = parse("");
    assertEquals(Optional.empty(), info.osRelease());
    assertEquals(OptionalLong.empty(), info.symbol("nothing"));
    assertEquals(Optional.empty(), info.value("SYMBOL(nothing)"));
  }

  @Test
  void badLinesAreKeptAsProblemsAndTheOthersCount() {
    VmcoreInfo info = parse("PAGESIZE=4096\nnonsense\n=5\nOSRELEASE=a\nOSRELEASE=b\nPAGESIZE=4096");
    assertEquals(
        List.of(
            "at offset 0xe: no KEY=value: 'nonsense'",
            "at offset 0x17: no KEY=value: '=5'",
            "at offset 0x26: OSRELEASE is 'b', and was 'a'"),
        info.problems());
    assertEquals(OptionalLong.of(4096), info.pageSizeBytes());
    assertEquals(Optional.of("b"), info.osRelease());
  }

  @Test
  void aValueThatIsNoNumberIsAnErrorWhenAskedForNamingItsLine() {
    VmcoreInfo info = parse("OSRELEASE=x\nPAGESIZE=many\nSYMBOL(_stext)=nowhere\n");
    MalformedInputException e = assertThrows(MalformedInputException.class, info::pageSizeBytes);
    assertEquals("test: at offset 0xc: PAGESIZE is no decimal number: 'many'", e.getMessage());
    assertThrows(MalformedInputException.class, () -> info.symbol("_stext"));
  }

  @Test
  void theTextEndsAtTheFirstZero() {
    assertEquals(Optional.of("a"), parse("OSRELEASE=a\0\0\0garbage").osRelease());
  }

  @Test
  void theNoteIsReadFromMemoryWhereTheKernelSaysItStands() {
    SparseMemory memory = SparseMemory.ofSize(0x10000);
    byte[] note = Arrays.copyOf(note("VMCOREINFO", 0, text(REAL)), 0x1000);
    ByteBuffer words = ByteBuffer.wrap(note).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < note.length; at += Long.BYTES) {
      memory.writeLong(0x2000 + at, words.getLong(at));
    }
    assertEquals(
        Optional.of("6.1.0-56-cloud-amd64"), VmcoreInfo.read(memory, 0x2000, 0x1000).osRelease());
    MalformedInputException e =
        assertThrows(MalformedInputException.class, () -> VmcoreInfo.read(memory, 0x8000, 0x1000));
    assertTrue(e.getMessage().contains("no VMCOREINFO note"), e::getMessage);
    assertThrows(UnreadableMemoryException.class, () -> VmcoreInfo.read(memory, 0xf800, 0x1000));
  }
}
