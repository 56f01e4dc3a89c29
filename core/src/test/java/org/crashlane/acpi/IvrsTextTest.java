// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What people see of an IVRS table. */
final class IvrsTextTest {
  private static final String LAPTOP =
      """
      IVRS revision 1, 421 bytes, checksum right
      OEM "OEMID ", table "OEMTABLE", revision 0x1; creator "CREA", revision 0x7
      physical addresses 48 bits, virtual 64, guest virtual 48; IVinfo 0x203041 (EFRSup)
      0x0030  IVHD    type 0x10, unit 0000:00:00.2, registers at 0xfe000000, page tables of up to 6 levels, flags 0xb0 (IotlbSup, Coherent, PPRSup)
      0x0044    features NXSup GTSup IASup GASup
      0x0048    range from 00:01.0
      0x004c    range to ff:1f.6
      0x0050    range from ff:00.0, requests carry 00:14.5
      0x0058    range to ff:1f.7
      0x005c    padding of 4 bytes
      0x0060    HPET 0 at 00:14.0
      0x0068    IOAPIC 32 at 00:14.0, setting 0xd7 (INITPass, EIntPass, NMIPass, SysMgt, Lint0Pass, Lint1Pass)
      0x0070    IOAPIC 33 at 00:00.1
      0x0078  IVHD    type 0x11, unit 0000:00:00.2, registers at 0xfe000000, page tables of up to 6 levels, flags 0xb0 (IotlbSup, Coherent, PPRSup)
      0x0090    features PPRSup NXSup GTSup GAPPISup IASup GASup PCSup USSup PprOvrflwEarlySup PPRAutoRspSup BlkStopMrkSup PerfOptSup MsiCapMmioSup GIoSup EPHSup InvIotlbTypeSup GAUpdateDisSup
      0x00a0    range from 00:01.0
      0x00a4    range to ff:1f.6
      0x00a8    range from ff:00.0, requests carry 00:14.5
      0x00b0    range to ff:1f.7
      0x00b4    padding of 4 bytes
      0x00b8    HPET 0 at 00:14.0
      0x00c0    IOAPIC 32 at 00:14.0, setting 0xd7 (INITPass, EIntPass, NMIPass, SysMgt, Lint0Pass, Lint1Pass)
      0x00c8    IOAPIC 33 at 00:00.1
      0x00d0  IVMD    type 0x21, device 0000:03:00.0, 0x7132f000-0x71354fff (152 KiB), flags 0x08 (ExclusionRange)
      0x00f0  IVHD    type 0x40, unit 0000:00:00.2, registers at 0xfe000000, page tables of up to 6 levels, flags 0xb0 (IotlbSup, Coherent, PPRSup)
      0x0108    features PPRSup NXSup GTSup GAPPISup IASup GASup PCSup USSup PprOvrflwEarlySup PPRAutoRspSup BlkStopMrkSup PerfOptSup MsiCapMmioSup GIoSup EPHSup InvIotlbTypeSup GAUpdateDisSup
      0x0118    range from 00:01.0
      0x011c    range to ff:1f.6
      0x0120    range from ff:00.0, requests carry 00:14.5
      0x0128    range to ff:1f.7
      0x012c    padding of 4 bytes
      0x0130    HPET 0 at 00:14.0
      0x0138    IOAPIC 32 at 00:14.0, setting 0xd7 (INITPass, EIntPass, NMIPass, SysMgt, Lint0Pass, Lint1Pass)
      0x0140    IOAPIC 33 at 00:00.1
      0x0148    ACPI device "AMDI0020" ("\\_SB.FUR0") at 00:14.5, setting 0x40 (Lint0Pass)
      0x0167    ACPI device "AMDI0020" ("7") at 00:14.5, setting 0x40 (Lint0Pass)
      0x0185  unknown type 0x51, 32 bytes: flags 0x08, 00030000000000000000000000f03271000000000060020000000000
      """;

  private static String describe(byte[] table) {
    return AcpiTable.read("built", table).describe();
  }

  @Test
  void laptopsTablePrintsAsATree() {
    assertEquals(LAPTOP, describe(IvrsSamples.laptop()));
  }

  @Test
  void serversTablePrintsEntryByEntry() {
    assertEquals(
        """
        IVRS revision 1, 144 bytes, checksum right
        OEM "OEMID ", table "OEMTABLE", revision 0x1; creator "CREA", revision 0x7
        physical addresses 52 bits, virtual 64, guest virtual not given; IVinfo 0x203400
        0x0030  IVHD    type 0x10, unit 0000:00:00.2, registers at 0xf6000000, flags 0x3e (PassPW, ResPassPW, Isoc, IotlbSup, Coherent)
        0x0044    features: none reported
        0x0048    range from 00:00.0
        0x004c    range to 00:00.2
        0x0050    device 00:02.0
        0x0054    device 04:00.0
        0x0058    device 00:14.0, setting 0xd7 (INITPass, EIntPass, NMIPass, SysMgt, Lint0Pass, Lint1Pass)
        0x005c    all devices
        0x0060    padding of 4 bytes
        0x0064    device 10:00.0, requests carry 00:14.4
        0x006c    device 20:00.0, extended setting 0x80000000
        0x0074    range from 30:00.0, extended setting 0x80000000
        0x007c    range to 30:1f.7
        0x0080    IOAPIC 0 at 00:14.0, setting 0xd7 (INITPass, EIntPass, NMIPass, SysMgt, Lint0Pass, Lint1Pass)
        0x0088    padding of 8 bytes
        """,
        describe(IvrsSamples.server()));
  }

  @Test
  void memoryPrintsWithItsDevices() {
    assertEquals(
        """
        IVRS revision 1, 140 bytes, checksum right
        OEM "OEMID ", table "OEMTABLE", revision 0x1; creator "CREA", revision 0x7
        physical addresses 40 bits, virtual 0, guest virtual not given; IVinfo 0x2800
        0x0030  IVHD    type 0x10, unit 0000:00:02.0, registers at 0xfed80000, flags 0xd1 (HtTunEn, IotlbSup, PreFSup, PPRSup)
        0x0044    features: none reported
        0x0048    all devices
        0x004c  IVMD    type 0x20, all devices of segment 0000, 0x1000-0x1fff (4 KiB), flags 0x07 (Unity, IR, IW)
        0x006c  IVMD    type 0x22, devices 0000:01:00.0 to 01:01.7, 0x2000-0x2fff (4 KiB), flags 0x03 (Unity, IR)
        """,
        describe(IvrsSamples.emulator()));
  }

  @Test
  void whatIsWrongIsShownAsItIs() {
    byte[] table =
        TableBuilder.ivrs()
            .add("10 00 2400 0200 4000 0000b8fe 00000000 0000 0000 00000000")
            .add("05 010203 48 0000 00 07 a000 03")
            .add("20 01 2000 0000 0000 0000 000000000000 00100000 00000000 00000000 00000000")
            .build();
    List<String> lines = describe(table).lines().toList();
    assertEquals(
        List.of(
            "0x0048    unknown entry type 0x05: 010203",
            "0x004c    special device of variety 3, 7 at 00:14.0",
            "0x0054  IVMD    type 0x20, all devices of segment 0000, 0x1000, 0x0 bytes, flags 0x01"
                + " (Unity)"),
        lines.subList(5, lines.size()));
  }
}
