// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.List;

/** Whole tables in the shapes that real machines have, made for the tests. */
public final class IvrsSamples {
  private static final String ENTRIES =
      "03 0800 00 04 feff 00 43 00ff 00 00 a500 00 04 ffff 00 00 0000 00"
          + "48 0000 00 00 a000 02 48 0000 d7 20 a000 01 48 0000 00 21 0100 01";
  private static final String UNIT = "0200 4000 000000fe 00000000 0000 0000";
  private static final String IMAGE = "00020400 fa4a25a2ef776524 0000000000000000";
  private static final String MEMORY =
      "2000 0003 0000 0000 000000000000 00f03271 00000000 00600200 00000000";
  private static final String ACPI_HEAD = "f0 a500 40 414d444930303230 0000000000000000";

  private IvrsSamples() {}

  /** {@return a laptop's: one unit, described three times} */
  public static byte[] laptop() {
    return TableBuilder.ivrs()
        .add("10 b0 4800" + UNIT + "6e8f0480" + ENTRIES)
        .add("11 b0 5800" + UNIT + IMAGE + ENTRIES)
        .add("21 08" + MEMORY)
        .add("40 b0 9500" + UNIT + IMAGE + ENTRIES)
        .add(ACPI_HEAD + "02 09 5c5f53422e46555230")
        .add(ACPI_HEAD + "01 08 0700000000000000")
        .add("51 08" + MEMORY)
        .build();
  }

  /** {@return an old server's: one block, device by device} */
  public static byte[] server() {
    return TableBuilder.ivrs()
        .fields("00342000 00000000 00000000")
        .add("10 3e 6000 0200 4000 000000f6 00000000 0000 0013 00000000")
        .add("03 0000 00 04 0200 00 02 1000 00 02 0004 00 02 a000 d7 01 0000 00 00 0000 00")
        .add("42 0010 00 00 a400 00 46 0020 00 00000080 47 0030 00 00000080 04 ff30 00")
        .add("48 0000 d7 00 a000 01 40 0000 00 00000000")
        .build();
  }

  /** {@return an emulator's: one short block, and memory for all and for a range of devices} */
  public static byte[] emulator() {
    return TableBuilder.ivrs()
        .fields("00280000 00000000 00000000")
        .add("10 d1 1c00 1000 4000 0000d8fe 00000000 0000 0000 00000000 01 0000 00")
        .add("20 07 2000 0000 0000 0000 000000000000 00100000 00000000 00100000 00000000")
        .add("22 03 2000 0001 0f01 0000 000000000000 00200000 00000000 00100000 00000000")
        .build();
  }

  /** {@return all of them} */
  public static List<byte[]> all() {
    return List.of(laptop(), server(), emulator());
  }
}
