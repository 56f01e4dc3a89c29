// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Quote;
import org.crashlane.rule.Evidence.Source;
import org.crashlane.rule.Sighting.RegisterId;
import org.crashlane.rule.Sighting.RegisterValue;
import org.crashlane.rule.Sighting.RegisterWritten;
import org.crashlane.rule.Sighting.RegistersAccessed;
import org.crashlane.rule.Sighting.Translation;
import org.junit.jupiter.api.Test;

class RegisterAccessesTest {

  private static final RegisterId GCMD = new RegisterId("GCMD", 0x18);
  private static final RegisterId IQT = new RegisterId("IQT", 0x88);

  private static RegisterValue command(long raw, Translation translation, String... bits) {
    return new RegisterValue(raw, List.of(bits), translation);
  }

  private static List<Evidence> written(String line) {
    return RegisterAccesses.writes(List.of("vtd_reg_write addr " + line));
  }

  private static List<Evidence> once(RegisterId register, RegisterValue value) {
    return List.of(new RegisterWritten(register, 1, List.of(value), value));
  }

  @Test
  void aWriteOfTheCommandRegisterSaysWhatItSwitches() {
    assertEquals(
        once(GCMD, command(0x4000000, Translation.OFF, "QIE")),
        written("0x18 size 0x4 value 0x4000000"));
    assertEquals(
        once(GCMD, command(0xc4000000L, Translation.ON, "TE", "SRTP", "QIE")),
        written("0x18 size 0x4 value 0xc4000000"));
    assertEquals(once(GCMD, command(0, Translation.OFF)), written("0x18 size 0x4 value 0x0"));
  }

  @Test
  void otherWritesAreTheirRegisterAndValue() {
    assertEquals(
        once(new RegisterId("RTADDR", 0x20), new RegisterValue(0x2f821000)),
        written("0x20 size 0x8 value 0x2f821000"));
    assertEquals(
        once(new RegisterId("", 0x220), new RegisterValue(1)), written("0x220 size 0x4 value 0x1"));
    assertEquals(
        once(new RegisterId("", 0xffffffff00000018L), new RegisterValue(1)),
        written("0xffffffff00000018 size 0x4 value 0x1"));
  }

  @Test
  void aLineThatIsNoAccessIsQuoted() {
    assertEquals(
        List.of(new Quote(Source.QEMU_TRACE, "vtd_reg_write addr")),
        RegisterAccesses.writes(List.of("vtd_reg_write addr")));
  }

  @Test
  void writesToOneRegisterAreTogether() {
    List<String> traced = new ArrayList<>();
    traced.add("vtd_reg_write addr 0x18 size 0x4 value 0x80000000");
    for (int tail = 0; tail < 10; tail++) {
      traced.add("vtd_reg_write addr 0x88 size 0x4 value 0x" + Integer.toHexString(tail * 0x20));
    }
    traced.add("vtd_reg_write addr 0x18 size 0x4 value 0x84000000");
    RegisterValue first = command(0x80000000L, Translation.ON, "TE");
    RegisterValue second = command(0x84000000L, Translation.ON, "TE", "QIE");
    assertEquals(
        List.of(
            new RegisterWritten(GCMD, 2, List.of(first, second), second),
            new RegisterWritten(
                IQT,
                10,
                List.of(new RegisterValue(0), new RegisterValue(0x20), new RegisterValue(0x40)),
                new RegisterValue(0x120))),
        RegisterAccesses.writes(traced));
  }

  @Test
  void readsNameEachRegisterOnce() {
    assertEquals(List.of(), RegisterAccesses.reads(List.of()));
    assertEquals(
        List.of(
            new RegistersAccessed(
                true,
                List.of(
                    new RegisterId("CAP", 0x8),
                    new RegisterId("GSTS", 0x1c),
                    new RegisterId("", 0x220)),
                4)),
        RegisterAccesses.reads(
            List.of(
                "vtd_reg_read addr 0x8 size 0x8",
                "vtd_reg_read addr 0x1c size 0x4",
                "vtd_reg_read addr 0x220 size 0x8",
                "vtd_reg_read addr 0x8 size 0x8")));
  }
}
