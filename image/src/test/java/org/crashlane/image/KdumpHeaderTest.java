// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.crashlane.memory.AddressRange;
import org.junit.jupiter.api.Test;

class KdumpHeaderTest {
  private static final int PT_LOAD = 1;
  private static final int PT_NOTE = 4;

  @Test
  void namesMemoryAndNotes() {
    ByteBuffer bytes = header(2);
    segment(bytes, 0, PT_NOTE, 0x12_3000, 0x12_3000, 0x300);
    segment(bytes, 1, PT_LOAD, 0x10_0000, 0x10_0000, 0x2df0_0000);
    assertEquals(
        Optional.of(
            new KdumpHeader(
                List.of(AddressRange.parse("100000-2dffffff")),
                List.of(AddressRange.parse("123000-1232ff")),
                List.of())),
        KdumpHeader.parse(bytes));
  }

  @Test
  void theFirstMebibyteMayBeCopiedElsewhere() {
    ByteBuffer bytes = header(2);
    segment(bytes, 0, PT_LOAD, 0x3ef6_1000, 0x1000, 0x9_ec00);
    segment(bytes, 1, PT_LOAD, 0x10_0000, 0x10_0000, 0x2df0_0000);
    assertEquals(
        Optional.of(
            new KdumpHeader(
                List.of(AddressRange.parse("1000-9fbff"), AddressRange.parse("100000-2dffffff")),
                List.of(),
                List.of(AddressRange.parse("3ef61000-3efffbff")))),
        KdumpHeader.parse(bytes));
  }

  @Test
  void nothingElseMay() {
    ByteBuffer bytes = header(1);
    segment(bytes, 0, PT_LOAD, 0x3ef6_1000, 0x1000, 0xf_f001);
    assertEquals(Optional.empty(), KdumpHeader.parse(bytes), "a byte beyond 1 MiB");
    segment(bytes, 0, PT_LOAD, -0x1000, 0x1000, 0x1000);
    assertEquals(Optional.empty(), KdumpHeader.parse(bytes), "a negative offset");
    segment(bytes, 0, PT_NOTE, 0x3ef6_1000, 0x1000, 0x1000);
    assertEquals(Optional.empty(), KdumpHeader.parse(bytes), "notes");
  }

  @Test
  void aCoreFileInThePageCacheIsNone() {
    ByteBuffer bytes = header(2);
    segment(bytes, 0, PT_NOTE, 0x1000, 0, 0x300);
    segment(bytes, 1, PT_LOAD, 0x2000, 0x10_0000, 0x2df0_0000);
    assertEquals(Optional.empty(), KdumpHeader.parse(bytes));
  }

  @Test
  void cutOffAnywhereItIsNone() {
    ByteBuffer bytes = header(1);
    segment(bytes, 0, PT_LOAD, 0x10_0000, 0x10_0000, 0x1000);
    int whole = bytes.limit();
    for (int limit = 0; limit < whole; limit++) {
      assertEquals(Optional.empty(), KdumpHeader.parse(bytes.limit(limit)), "cut at " + limit);
    }
    assertFalse(KdumpHeader.parse(bytes.limit(whole)).isEmpty());
  }

  @Test
  void anyBytesBehindAnElfHeaderAreTakenOrLeft() {
    Random random = new Random(17);
    for (int i = 0; i < 20_000; i++) {
      ByteBuffer bytes = header(3);
      for (int changes = random.nextInt(1, 6); changes > 0; changes--) {
        bytes.put(random.nextInt(20, bytes.limit()), (byte) random.nextInt());
      }
      KdumpHeader.parse(bytes).ifPresent(h -> assertFalse(h.memory().isEmpty()));
    }
  }

  private static ByteBuffer header(int count) {
    ByteBuffer bytes =
        ByteBuffer.allocate(ElfLayout.EHDR_BYTES + count * ElfLayout.PHDR_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(ElfLayout.EI_MAG, ElfLayout.ELFMAG);
    bytes.put(ElfLayout.EI_CLASS, (byte) ElfLayout.ELFCLASS64);
    bytes.put(ElfLayout.EI_DATA, (byte) ElfLayout.ELFDATA2LSB);
    bytes.putShort(ElfLayout.E_TYPE, (short) ElfLayout.ET_CORE);
    bytes.putLong(ElfLayout.E_PHOFF, ElfLayout.EHDR_BYTES);
    bytes.putShort(ElfLayout.E_PHENTSIZE, (short) ElfLayout.PHDR_BYTES);
    bytes.putShort(ElfLayout.E_PHNUM, (short) count);
    return bytes;
  }

  private static void segment(
      ByteBuffer bytes, int index, int type, long offset, long physical, long sizeBytes) {
    int at = ElfLayout.EHDR_BYTES + index * ElfLayout.PHDR_BYTES;
    bytes.putInt(at + ElfLayout.P_TYPE, type);
    bytes.putLong(at + ElfLayout.P_OFFSET, offset);
    bytes.putLong(at + ElfLayout.P_PADDR, physical);
    bytes.putLong(at + ElfLayout.P_MEMSZ, sizeBytes);
  }
}
