// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec.Gart;
import org.crashlane.rehearsal.MappingMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class BuiltInMachinesTest {

  static List<String> names() {
    return BuiltInMachines.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void eachIsReadAndBearsItsName(String name) {
    MachineSpec machine = BuiltInMachines.find(name).orElseThrow();
    assertEquals(name, machine.name());
    assertFalse(machine.dumpPath().isEmpty());
  }

  @ParameterizedTest
  @MethodSource("names")
  void eachFitsIntoATerminal(String name) {
    String text = BuiltInMachines.text(name).orElseThrow();
    assertTrue(text.lines().allMatch(line -> line.length() <= 100));
  }

  @ParameterizedTest
  @EnumSource(MappingMode.class)
  void eachModeHasOneThatIsCalledLikeIt(MappingMode mode) {
    MachineSpec machine = BuiltInMachines.of(mode);
    assertEquals(mode, machine.mode());
    assertEquals(1L << 30, machine.ram().getFirst().sizeBytes());
    assertEquals(0x1_1000_0000L, machine.memoryEnd());
    assertEquals(128L << 20, machine.crashRanges().getFirst().sizeBytes());
    assertTrue(machine.devices().stream().anyMatch(d -> d.dmaMaskBits() == 32));
  }

  @Test
  void wirelessCardReachesNoAddressAboveTheCrashRange() {
    MachineSpec vtd = BuiltInMachines.of(MappingMode.VTD);
    assertEquals(
        vtd.crashRanges().getFirst().last(), vtd.device("wlan").dmaMask(), "the topmost address");
  }

  @Test
  void crashRangeBeyondReachIsBeyondTheDisksMask() {
    MachineSpec machine = BuiltInMachines.find("beyond-reach").orElseThrow();
    DeviceSpec disk = machine.dumpPath().getFirst();
    assertTrue(disk.dmaMask() < machine.crashRanges().getFirst().first());
  }

  @Test
  void apertureOverMemoryIsOverMemory() {
    MachineSpec machine = BuiltInMachines.find("gart-over-ram").orElseThrow();
    long base = ((Gart) machine.modeSpec()).apertureBase();
    assertTrue(machine.ram().getFirst().contains(base));
    assertFalse(machine.inCrashRange(AddressRange.ofSize(base, 64 << 20)));
  }

  @Test
  void unknownNameIsNone() {
    assertEquals(Optional.empty(), BuiltInMachines.find("../vtd"));
  }
}
